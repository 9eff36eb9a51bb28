import numpy as np
import pytest
import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.images import ImageSet
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.errors import UsageError
from paretocaps.evaluation.perturbation import STEPS, perturbation_grids, perturbed
from paretocaps.evaluation.scores import collect


@pytest.fixture
def few(digits):
    return ImageSet(digits.images[:60], digits.labels[:60])


def test_the_steps_are_those_of_the_paper():
    assert STEPS == (-0.25, -0.2, -0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.15, 0.2, 0.25)


def test_one_dimension_changes_at_a_time():
    capsule = torch.rand(16)
    states = perturbed(capsule, ROUTINGS.get("rba"))
    assert states.shape == (16, 11, 16)
    changes = states - capsule
    for dimension in range(16):
        torch.testing.assert_close(changes[dimension, :, dimension], torch.tensor(STEPS), atol=1e-6, rtol=0)
        changes[dimension, :, dimension] = 0
    assert changes.abs().max() == 0
    assert torch.equal(states[:, 5], capsule.expand(16, 16))


def test_em_changes_the_pose_in_shares_of_its_norm_and_leaves_the_activation():
    capsule = torch.cat([torch.full((16,), 2.0), torch.tensor([5.0])])  # a pose of norm 8
    states = perturbed(capsule, ROUTINGS.get("em"))
    assert states.shape == (16, 11, 17)
    assert (states[..., -1] == 5).all()
    assert states[3, -1, 3] == pytest.approx(2 + 0.25 * 8)


@pytest.mark.parametrize("choices", [{}, {"decoder": "reduced"}, {"routing": "em"}])
def test_the_middle_column_is_the_reconstruction_and_others_differ(network, few, choices):
    made = network(**choices).train()
    with torch.no_grad():
        for layer in made.decoder.layers:  # an untrained decoder's differences are too faint to see
            layer.weight.mul_(5)
    scored = collect(made, DeviceLoader(few, "cpu").ordered(60))
    (grid,) = perturbation_grids(made, few, scored, [7])
    assert made.training
    assert grid.drawn.shape == (16, 11, 8, 8, 1)
    assert few.labels[grid.index] == grid.label == 7
    with torch.no_grad():
        image = few.images[grid.index : grid.index + 1].float() / 255
        expected = made.eval()(image, torch.tensor([7])).reconstruction.view(8, 8) * 255
    for dimension in range(16):
        middle = grid.drawn[dimension, 5, :, :, 0].astype(int)
        assert np.abs(middle - expected.numpy()).max() <= 1
        assert len({picture.tobytes() for picture in grid.drawn[dimension]}) > 1


def test_every_class_with_an_image_has_a_grid_of_its_surest(network, few):
    kept = few.labels != 4
    without = ImageSet(few.images[kept], few.labels[kept])
    made = network()
    scored = collect(made, DeviceLoader(without, "cpu").ordered(60))
    grids = perturbation_grids(made, without, scored)
    assert [grid.label for grid in grids] == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    for grid in grids:
        own = scored.labels == grid.label
        assert scored.shares[grid.index, grid.label] == scored.shares[own, grid.label].max()


def test_a_class_that_there_is_not_is_refused(network, few):
    made = network()
    scored = collect(made, DeviceLoader(few, "cpu").ordered(60))
    with pytest.raises(UsageError, match="class 10 does not exist: choose 0 to 9"):
        perturbation_grids(made, few, scored, [10])
