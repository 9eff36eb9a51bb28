from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import parse_objectives
from paretocaps.report.front import Front
from paretocaps.service.comparing import Comparison
from paretocaps.service.comparison_tables import as_table, members_rows, right_aligned, studies_rows


def test_the_tables_have_every_study_and_member():
    objectives = parse_objectives("acc,params")
    members = (
        FrontMember(3, {}, {"acc": 0.9, "params": 90.0}),
        FrontMember(4, {}, {"acc": 0.8, "params": 80.0}),
    )
    own = Front("demo", objectives, (0.1, 100.0), 1.0, members)
    beaten = {("demo", 4): ("other", 1)}
    found = Comparison(objectives, (own,), (0.1, 100.0), (1.0, 0.0), (0.25,), 0.5, beaten, ())
    assert [list(row.values()) for row in studies_rows(found)] == [
        ["demo", "2", "1", "0.2500"],
        ["together", "1", "1", "0.5000"],
    ]
    table = as_table(members_rows(found), right_aligned(found))
    assert table.headings == ("study", "trial", "acc ↑", "params ↓", "beaten by", "beside the baseline")
    assert table.numeric == (False, True, True, True, False, False)
    assert [row[4] for row in table.rows] == ["-", "other 1"]
