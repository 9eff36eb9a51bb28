import subprocess
import sys

import pytest

from paretocaps.domain.routings.routing import LayerShape
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.errors import UsageError


def test_listing_and_counting_import_no_torch():
    code = (
        "import sys\n"
        "from paretocaps.domain.routings.routing import LayerShape\n"
        "from paretocaps.domain.routings.routings import ROUTINGS\n"
        "shape = LayerShape(1152, 32, 17, 17, 1152)\n"
        "[ROUTINGS.get(name).multiply_adds(shape, 3) for name in ROUTINGS]\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


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
