import pytest

from paretocaps.domain.routings.em import EM, POSE, POSE_STATE
from paretocaps.domain.routings.routing import LayerShape

SHAPE = LayerShape(inputs=6, outputs=5, in_dim=POSE_STATE, out_dim=POSE_STATE, matrices=2)


def test_a_state_is_a_pose_matrix_and_an_activation():
    assert POSE_STATE == POSE**2 + 1
    assert {EM.state_dim(dimensions) for dimensions in (1, 8, 16)} == {POSE_STATE}
    assert EM.activation
    assert not EM.squashed


def test_each_output_has_a_matrix_per_type_and_two_biases():
    assert EM.parameters(SHAPE) == 5 * (2 * 16 + 2)


def test_each_vote_is_a_product_of_two_4x4_matrices():
    assert EM.votes(SHAPE) == 6 * 5 * 64


@pytest.mark.parametrize(("iterations", "passes"), [(1, 2), (2, 5), (3, 8)])
def test_every_iteration_takes_a_mean_and_a_variance_and_all_but_the_last_a_density(iterations, passes):
    assert EM.sums(SHAPE, iterations) == passes * 6 * 5 * 16
    assert EM.multiply_adds(SHAPE, iterations) == EM.votes(SHAPE) + EM.sums(SHAPE, iterations)
