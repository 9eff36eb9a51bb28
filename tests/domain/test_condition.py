import pytest

from paretocaps.domain.condition import Condition
from paretocaps.errors import UsageError


def test_every_clause_must_hold() -> None:
    condition = Condition.parse(
        {"family": ["residual_caps", "momentum_caps"], "pruning_ratio": {"above": 0.0}}
    )
    assert condition.holds({"family": "residual_caps", "pruning_ratio": 0.5}.__getitem__)
    assert not condition.holds({"family": "capsnet", "pruning_ratio": 0.5}.__getitem__)
    assert not condition.holds({"family": "residual_caps", "pruning_ratio": 0.0}.__getitem__)
    assert condition.parents == ("family", "pruning_ratio")
    assert str(condition) == "family is residual_caps or momentum_caps and pruning_ratio is above 0"


def test_the_values_of_a_condition_may_grow() -> None:
    known = ["em"]
    condition = Condition.among("routing", known)
    assert not condition.holds({"routing": "toy"}.__getitem__)
    known.append("toy")
    assert condition.holds({"routing": "toy"}.__getitem__)
    assert str(condition) == "routing is em or toy"


@pytest.mark.parametrize("table", [{}, {"a": "x"}, {"a": ["x", "y"], "b": {"above": 2}}])
def test_a_table_reads_back_to_the_same_condition(table: dict[str, object]) -> None:
    condition = Condition.parse(table)
    assert Condition.parse(condition.table()) == condition


def test_a_when_that_is_no_table_shows_the_form() -> None:
    with pytest.raises(UsageError, match="when='kind' is not a table"):
        Condition.parse("kind")  # type: ignore[arg-type]


@pytest.mark.parametrize("bound", [{"below": 1}, {"above": "x"}, {}])
def test_a_table_that_is_not_understood_names_the_form(bound: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"when.a=.* write \{ above = 0.0 \}"):
        Condition.parse({"a": bound})
