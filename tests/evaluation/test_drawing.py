import numpy as np
import torch

from paretocaps.data.images import ImageSet
from paretocaps.domain.choices import Choices
from paretocaps.evaluation.drawing import as_seen, picture, pictures
from paretocaps.evaluation.scores import Ensemble
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network


def test_a_picture_is_the_image_with_its_channels_last(digits):
    found = picture(digits, 3)
    assert (found.shape, found.dtype) == ((8, 8, 1), np.uint8)
    np.testing.assert_array_equal(found[:, :, 0], digits.images[3, 0].numpy())


def test_a_network_sees_what_a_picture_shows(digits):
    kept = ImageSet(digits.images, digits.labels[[9, 5]], rows=torch.tensor([9, 5]))
    seen = as_seen(kept, [1], torch.device("cpu"))
    assert (seen.shape, seen.dtype) == ((1, 1, 8, 8), torch.float32)
    np.testing.assert_array_equal((seen[0, 0] * 255).round(), picture(kept, 1)[:, :, 0])
    np.testing.assert_array_equal(picture(kept, 1), picture(digits, 5))


def test_drawn_pixels_become_bytes_by_channel_row_and_column():
    pixels = torch.linspace(0, 1, 2 * 3 * 4 * 5).view(2, -1)
    found = pictures(pixels, (3, 4, 5))
    assert found.shape == (2, 4, 5, 3)
    assert found[1, 3, 4, 2] == 255
    expected = (pixels.view(2, 3, 4, 5)[1, 2, 1, 3] * 255).round()
    assert found[1, 1, 3, 2] == expected


def test_a_decoder_of_another_size_draws_squares():
    assert pictures(torch.zeros(2, 3 * 36), (3, 32, 32)).shape == (2, 6, 6, 3)


def test_what_cannot_draw_says_why(network):
    assert network().why_not_drawn is None
    assert "decoder=full" in network(decoder="none").why_not_drawn
    assert "no class capsules" in Ensemble([network()]).why_not_drawn
    lenet5 = build_network(architecture(Choices(family="lenet5"), 28, 28, 1, 10), 0)
    assert "no class capsules" in lenet5.why_not_drawn
