import pytest

from paretocaps.search.stopping import told as module
from paretocaps.search.stopping.told import told


@pytest.fixture
def stopped(asked):
    return asked([(-0.6, 1, 1), (-0.2, 1, 2)], finals={0: (-0.8, 2, 1)})


@pytest.mark.parametrize(
    ("what", "values"), [("pruned", None), ("values", [0.2, 1, 2]), ("extrapolated", [0.6, 2, 2])]
)
def test_samplers_are_told_what_the_constant_says(stopped, objectives, monkeypatch, what, values):
    monkeypatch.setattr(module, "TOLD", what)
    found = told(*stopped, objectives)
    assert found == values if values is None else found == pytest.approx(values)
