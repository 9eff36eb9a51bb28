from paretocaps.domain.estimate import Estimate
from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.requirement import parse_requirements
from paretocaps.report.not_members import corner_table, nearest_table

OBJECTIVES = parse_objectives("acc,time")
ACC = Estimate(0.95, 1, None, 0.94, 0.97)
GOOD = FrontMember(1, {"size": 2}, {"acc": 0.95, "time": 9.0}, estimates={"acc": ACC})
POOR = FrontMember(2, {"size": 1}, {"acc": 0.2, "time": 1.0})


def front(*members, **more):
    return FrontRecord("s", OBJECTIVES, None, 0.0, members, **more)


def test_the_corner_has_its_values_and_choices():
    table = corner_table(front(GOOD, POOR).answers())
    assert table.headings == ("trial", "acc ↑", "time ↓", "beside the baseline")
    assert table.rows == (("2", "0.2000", "1.00 s", "size=1"),)
    assert corner_table(front(GOOD)) is None


def test_the_nearest_have_what_they_miss():
    table = nearest_table(front(nearest=(GOOD,), requirements=parse_requirements("acc>=0.99,time<=6")))
    assert table.headings[-1] == "what it misses"
    missed = "misses acc>=0.99 by 4.0 points, misses time<=6 by 3.00 s"
    assert table.rows == (("1", "0.950 ±0.020", "9.00 s", "size=2", missed),)
    assert nearest_table(front(GOOD, nearest=(POOR,))) is None
