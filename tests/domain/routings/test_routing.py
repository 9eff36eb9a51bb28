import pytest

from paretocaps.domain.routings.routing import LayerShape
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.errors import UsageError


@pytest.mark.parametrize(("inputs", "outputs", "dim"), [(1152, 32, 8), (32, 32, 8), (32, 10, 16)])
def test_weights_are_the_papers_numbers(inputs, outputs, dim):
    expected = {(1152, 32): 2_359_296, (32, 32): 65_536, (32, 10): 40_960}[inputs, outputs]
    shape = LayerShape(inputs, outputs, 8, dim, inputs)
    assert ROUTINGS.get("rba").parameters(shape) == ROUTINGS.get("sda").parameters(shape) == expected


def test_states_of_pose_matrices_have_17_numbers():
    assert [ROUTINGS.get(name).state_dim(8) for name in ROUTINGS] == [8, 8, 17]


@pytest.mark.parametrize("sizes", [(0, 1, 8, 8, 1), (6, 2, 8, 8, 4), (6, 2, 8, 0, 6)])
def test_impossible_shapes_are_refused(sizes):
    with pytest.raises(UsageError, match="sizes must be 1 or more, and inputs a multiple of matrices"):
        LayerShape(*sizes)
