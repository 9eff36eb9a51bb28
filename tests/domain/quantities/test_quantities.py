import sys
from dataclasses import dataclass

import pytest

from paretocaps.domain.objective import OBJECTIVES, check_quantity, parse_objectives
from paretocaps.domain.quantities.quantities import (
    QUANTITIES,
    compared,
    may_be_missing,
    parse_quantity,
    value_of,
)
from paretocaps.domain.quantities.quantity import Quantity
from paretocaps.domain.quantities.reach import EpochsTo
from paretocaps.errors import ParetocapsError, UsageError
from paretocaps.testing.plugin import write_plugin


@dataclass(frozen=True)
class Between(Quantity):
    """Seconds from one epoch to another."""

    low: float
    high: float

    kind = "between"
    example = "between(low=1,high=2)"
    reads_epochs = True

    @property
    def description(self):
        return "seconds between two epochs"

    def of(self, measurement):
        times = {record.epoch: record.time for record in measurement.epochs}
        return times[self.high] - times[self.low]


@pytest.fixture
def _between(monkeypatch):
    monkeypatch.setattr(QUANTITIES, "_entries", {**QUANTITIES._entries, "between": Between})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("time_to(acc=0.955)", "time_to(acc=0.955)"),
        (" time_to( acc = .90 ) ", "time_to(acc=0.9)"),
        ("epochs_to(acc=1.)", "epochs_to(acc=1)"),
        ("epochs_to(acc=9e-1)", "epochs_to(acc=0.9)"),
        (" energy_estimate ( watts = 65.0 ) ", "energy_estimate(watts=65)"),
        ("epoch_time", "epoch_time"),
        ("epochs_to(acc=wab_ws)", "epochs_to(acc=wab_ws)"),
    ],
)
def test_a_quantity_has_one_name(text, name):
    asked = parse_quantity(text)
    assert asked is not None
    assert asked.name == name
    assert parse_quantity(name) == asked


@pytest.mark.parametrize(
    "text",
    [
        "time_to",
        "time_to()",
        "time_to(0.9)",
        "time_to(acc=0)",
        "epochs_to(acc=1.1)",
        "time_to(acc=0.9",
        "time_to((",
        "time_to(acc=0.9x)",
        "time_to(acc=a b)",
    ],
)
def test_a_parameter_that_cannot_be_shows_the_form(text):
    form = r"write (time|epochs)_to\(acc=0\.99\), with an accuracy above 0 and at most 1"
    with pytest.raises(UsageError, match=f"not understood: {form}"):
        parse_quantity(text)


@pytest.mark.parametrize(
    "text",
    ["energy_estimate", "energy_estimate(watts=0)", "energy_estimate(65)", "energy_estimate(watts=wab)"],
)
def test_an_estimate_without_watts_says_how_to_write_it(text):
    with pytest.raises(UsageError, match=r"write energy_estimate\(watts=100\), with the watts"):
        parse_quantity(text)


def test_parameters_that_are_not_known_are_refused():
    with pytest.raises(UsageError, match="write epoch_time$"):
        parse_quantity("epoch_time(acc=1)")
    with pytest.raises(UsageError, match="not understood"):
        parse_quantity("time_to(acc=0.9,other=1)")


@pytest.mark.parametrize("text", ["time", "acc", "time_total", "epochs_together(acc=1)", "", "1(a=2)"])
def test_other_names_are_none_of_them(text):
    assert parse_quantity(text) is None


def test_values_are_measured_or_follow_from_it(learned):
    training = learned([0.2, 0.9, 0.5])
    assert value_of(training, "acc") == 0.9
    assert value_of(training, "f1") == 0.8
    assert value_of(training, "time_to(acc=.9)") == 4.0
    assert value_of(training, "time_to(acc=0.95)") is None
    assert value_of(training, "memory") is None


def test_what_compares_trials_is_no_value_of_one_training(learned):
    with pytest.raises(UsageError, match=r"time_to\(acc=wab\) compares with design wab .* or give a number"):
        value_of(learned([0.2]), "time_to(acc=wab)")
    with pytest.raises(NotImplementedError, match="between compares no trials"):
        compared(Between(1, 2), [learned([0.2])], [learned([0.2])])


def test_a_comparison_needs_the_epochs_of_both(learned):
    whole = learned([0.2])
    without = whole.model_copy(update={"epochs": ()})
    assert compared(EpochsTo("a"), [whole], [whole]) == [1.0]
    assert compared(EpochsTo("a"), [whole, without], [whole]) == [None, None]
    assert compared(EpochsTo("a"), [whole], [without]) == [None]


def test_what_may_be_missing_is_what_follows_from_all_that_was_measured(learned):
    training = learned([0.2])
    assert may_be_missing("time_to(acc=0.9)", training)
    assert not may_be_missing("time_to(acc=0.9)", training.model_copy(update={"epochs": ()}))
    assert not may_be_missing("memory", training)


@pytest.mark.usefixtures("_between")
def test_a_registered_quantity_is_an_objective_whatever_its_parameters(learned):
    acc, between = parse_objectives("acc, between(low=1, high=3)")
    assert (acc.name, between.name, between.unit) == ("acc", "between(low=1,high=3)", "")
    assert "between(low=1,high=2)" in list(OBJECTIVES)
    assert value_of(learned([0.1, 0.2, 0.3]), between.quantity) == 4.0


@pytest.mark.usefixtures("_between")
def test_what_reads_epochs_has_no_value_without_any(learned):
    assert value_of(learned([0.2]).model_copy(update={"epochs": ()}), "between(low=1,high=3)") is None


@pytest.mark.parametrize("kind", list(QUANTITIES))
def test_classes_of_the_quantities_pass_their_check(kind):
    check_quantity(kind, QUANTITIES.get(kind))


@pytest.mark.parametrize(
    ("name", "body", "wrong"),
    [
        ("between", None, "3 is no subclass of Quantity"),
        ("acc", {"kind": "acc"}, "a measured quantity has that name"),
        ("flops", {"kind": "flops"}, "a measured quantity has that name"),
        ("toy", {}, "its kind is 'between'"),
        ("between", {"example": None}, "it lacks example"),
        ("between", {"example": "between"}, "objective 'between' is not understood"),
        ("between", {"__abstractmethods__": frozenset({"of"})}, "it lacks of"),
        ("between", {"description": ""}, "it has no description"),
    ],
)
def test_a_quantitys_class_is_checked(name, body, wrong):
    kind = 3 if body is None else type("Kind", (Between,), {**body})
    if body and "__abstractmethods__" in body:
        kind.__abstractmethods__ = body["__abstractmethods__"]
    with pytest.raises(UsageError, match=f"^{wrong}"):
        check_quantity(name, kind)


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("float('nan')", "ValueError: toy is nan: return a finite number, or None for no value"),
        ("float('inf')", "ValueError: toy is inf: return a finite number, or None for no value"),
        ("'much'", "TypeError: must be real number, not str"),
    ],
)
def test_a_quantity_that_fails_is_told_with_its_package(learned, monkeypatch, tmp_path, answer, wrong):
    write_plugin(tmp_path, "toy-parts", {"paretocaps.quantities": {"toy": "toy_quantity:Toy"}})
    (tmp_path / "toy_quantity.py").write_text(
        "from dataclasses import dataclass\n"
        "from paretocaps.domain.quantities.quantity import Quantity\n"
        "@dataclass(frozen=True)\n"
        "class Toy(Quantity):\n"
        "    kind = example = 'toy'\n"
        "    description = 'a toy'\n"
        "    def of(self, measurement):\n"
        f"        return {answer}\n"
    )
    monkeypatch.setattr(QUANTITIES, "_entries", dict(QUANTITIES._entries))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "toy_quantity", raising=False)
    with pytest.raises(ParetocapsError) as refused:
        value_of(learned([0.2]), "toy")
    assert str(refused.value) == f"quantity 'toy' of the package 'toy-parts' failed: {wrong}"
