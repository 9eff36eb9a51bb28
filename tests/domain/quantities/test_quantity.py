import pytest

from paretocaps.domain.quantities.quantities import QUANTITIES, parse_quantity
from paretocaps.domain.quantities.quantity import Quantity


@pytest.fixture(params=list(QUANTITIES))
def kind(request):
    return QUANTITIES.get(request.param)


def test_every_quantity_keeps_the_contract(kind, learned):
    example = parse_quantity(kind.example)
    assert isinstance(example, kind)
    assert issubclass(kind, Quantity)
    assert example.name == kind.example
    assert kind.example.startswith(kind.kind)
    assert kind.kind in QUANTITIES
    assert example == parse_quantity(example.name)
    assert kind.direction in ("maximize", "minimize")
    assert not kind.timed or kind.device_bound
    assert example.description
    value = example.of(learned([0.2, 0.995]))
    assert value is None or value > 0
    without = learned([0.2, 0.995]).model_copy(update={"epochs": ()})
    assert kind.reads_epochs or example.of(without) == value
