import pytest

from paretocaps.domain.objective import OBJECTIVES, parse_objectives
from paretocaps.errors import UnknownNameError, UsageError


def test_objectives_are_read_in_order_from_text_or_names() -> None:
    assert [o.name for o in parse_objectives("acc, time,params")] == ["acc", "time", "params"]
    assert parse_objectives(["acc", "macs"]) == parse_objectives("acc,macs")


def test_every_objective_says_its_direction_unit_and_meaning() -> None:
    for name in OBJECTIVES:
        objective = OBJECTIVES.get(name)
        assert objective.name == name
        assert objective.direction in {"maximize", "minimize"}
        assert objective.description
        assert objective.sign == (-1 if objective.direction == "maximize" else 1)
    assert {"acc", "time", "wall", "params", "macs", "memory"} <= set(OBJECTIVES)


def test_bad_lists_of_objectives() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown objective 'tme': did you mean 'time'\?"):
        parse_objectives("acc,tme")
    with pytest.raises(UsageError, match="at least two"):
        parse_objectives("acc")
    with pytest.raises(UsageError, match="named twice"):
        parse_objectives("acc,acc")
