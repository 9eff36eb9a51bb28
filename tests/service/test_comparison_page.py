from paretocaps import service
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import parse_objectives
from paretocaps.report.front import Front
from paretocaps.service.comparing import Comparison


def test_the_fronts_are_in_tables_and_in_one_picture(tmp_path):
    objectives = parse_objectives("acc,params")
    a, b = (
        Front(name, objectives, (0.1, 100.0), 1.0, (FrontMember(3, {}, {"acc": acc, "params": 100 * acc}),))
        for name, acc in (("a", 0.9), ("b", 0.8))
    )
    found = Comparison(objectives, (a, b), (0.1, 100.0), (1.0, 0.0), (0.25, 0.2), 0.375, {}, ("a `remark`",))
    body = service.write_comparison(found, str(tmp_path / "both.html")).read_text(encoding="utf-8")
    told = ("a beside b", "together", "0.3750", "beaten by", "acc over params", "a <code>remark</code>.")
    assert [one for one in told if one not in body] == []
