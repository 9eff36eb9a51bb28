import pytest

from paretocaps.domain.requirement import Requirement, parse_requirements, stated_requirements
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


@pytest.mark.parametrize(
    ("text", "bound"), [("params<=500k", 5e5), ("params < 1.5M ", 1.5e6), ("macs<=2e2k", 2e5)]
)
def test_k_and_m_are_thousands_and_millions(text: str, bound: float) -> None:
    assert Requirement.parse(text).bound == bound


@pytest.mark.parametrize(
    ("text", "value", "excess"),
    [
        ("acc>=0.8", 0.6, 0.25),
        ("acc>=0.8", 1.0, -0.25),
        ("acc>=0.8", 0.8, 0.0),
        ("params<=500k", 1e6, 1.0),
        ("time<0", 2.0, 2.0),
        ("time<60", None, 1.0),
        ("time<60", float("nan"), 1.0),
    ],
)
def test_how_far_a_value_is_from_a_bound_is_a_share_of_the_bound(text, value, excess) -> None:
    assert Requirement.parse(text).excess(value) == pytest.approx(excess)


@pytest.mark.parametrize("text", ["acc<0.5", "acc>0.5"])
def test_a_strict_bound_is_broken_by_its_own_value(text: str) -> None:
    assert 0 < Requirement.parse(text).excess(0.5) < 1e-9


@pytest.mark.parametrize(
    "text", ["acc", "acc=0.9", "acc>=", "0.9<acc", "acc>=1.2.3", "params<=5m", "time<=1e999"]
)
def test_what_is_not_understood_shows_the_form(text: str) -> None:
    with pytest.raises(UsageError, match=r"write it like acc>=0\.9 or params<=500k"):
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


@pytest.mark.parametrize("text", ["acc>=95", "robust > 95", "acc<=100", "acc>=1.2"])
def test_a_share_of_images_is_not_stated_in_per_cent(text: str) -> None:
    (bound,) = parse_requirements(text)  # as a stored study may have it
    remedy = f"write {bound.name}{bound.relation}{bound.bound / 100:g} for {bound.bound:g} %"
    with pytest.raises(UsageError, match=f"{bound.name} is a share of images, from 0 to 1: {remedy}"):
        stated_requirements(["time<60", text])


def test_a_share_is_told_as_exactly_as_it_was_given() -> None:
    with pytest.raises(UsageError, match=r"write acc>=0\.9876543 for 98\.76543 %"):
        stated_requirements("acc>=98.76543")


def test_bounds_that_are_no_per_cent_may_be_stated() -> None:
    assert [str(one) for one in stated_requirements("acc>=1,epoch_time<=95")] == ["acc>=1", "epoch_time<=95"]
    with pytest.raises(UsageError, match="from 0 to 1$"):
        stated_requirements("acc>=950")


@pytest.mark.parametrize("bound", [1_234_567, 1_234_568.5, 0.95, 1e-9, 5e5, 0.1234567891])
def test_the_text_of_a_bound_is_that_bound(bound):
    made = Requirement("params", "<=", bound)
    assert parse_requirements(str(made)) == (made,)
