import pytest

from paretocaps.domain.requirement import Requirement, parse_requirements
from paretocaps.errors import UnknownNameError, UsageError


@pytest.mark.parametrize(
    ("text", "met", "missed"),
    [("acc>=0.9", 0.9, 0.89), ("acc > 0.9", 0.91, 0.9), ("acc<=1e-1", 0.1, 0.2), ("acc<.5", 0.4, 0.5)],
)
def test_requirements_are_kept_or_missed(text: str, met: float, missed: float) -> None:
    requirement = Requirement.parse(text)
    assert requirement.met({"acc": met})
    assert not requirement.met({"acc": missed})
    assert not requirement.met({})
    assert Requirement.parse(str(requirement)) == requirement


def test_several_in_one_text() -> None:
    assert [str(r) for r in parse_requirements(["acc>=0.9,time<60", "params<1e6"])] == [
        "acc>=0.9",
        "time<60",
        "params<1e+06",
    ]


@pytest.mark.parametrize("text", ["acc", "acc=0.9", "acc>=", "0.9<acc", "acc>=1.2.3"])
def test_what_is_not_understood_shows_the_form(text: str) -> None:
    with pytest.raises(UsageError, match="write it like acc>=0.9"):
        Requirement.parse(text)


def test_an_unknown_objective_is_named() -> None:
    with pytest.raises(UnknownNameError, match="unknown objective 'accuracy'"):
        Requirement.parse("accuracy>=0.9")


def test_a_bound_on_an_accuracy_to_reach() -> None:
    first, second = parse_requirements("time_to(acc=.90)<60, acc>=0.5")
    assert (str(first), str(second)) == ("time_to(acc=0.9)<60", "acc>=0.5")
    assert first.met({"time_to(acc=0.9)": 59.0})
    assert not first.met({"acc": 1.0})
    with pytest.raises(UsageError, match="write time_to"):
        parse_requirements("time_to(0.9)<60")
