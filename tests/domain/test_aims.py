import pytest

from paretocaps.domain.aims import parse_aims
from paretocaps.domain.objective import parse_objectives
from paretocaps.errors import UsageError

OBJECTIVES = parse_objectives("acc,time,params")


def test_aims_are_levels_by_objective():
    assert parse_aims("acc>=0.98,time<=60", OBJECTIVES) == {"acc": 0.98, "time": 60.0}
    assert parse_aims(["acc>=0.98", "params<=500k"], OBJECTIVES) == {"acc": 0.98, "params": 500_000.0}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("acc>=98", "write acc>=0.98 for 98 %"),
        ("acc<=0.9", "write acc>=0.9"),
        ("time>=60", "write time<=60"),
        ("params>=1234567", "write params<=1234567"),
        ("macs<=60", "'macs'"),
        ("acc>=0.9,acc>=0.8", "has another aim"),
        ("soon", "'soon' is not understood"),
        ("", "there is no aim"),
    ],
)
def test_what_is_no_aim_is_refused(text, why):
    with pytest.raises(UsageError, match=why):
        parse_aims(text, OBJECTIVES)
