import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.errors import DataError
from paretocaps.evaluation.entropy import bottleneck_entropy


def same(images):
    return images


def batch(states, labels):
    return [(torch.tensor(states, dtype=torch.float32), torch.tensor(labels))]


def test_features_that_follow_the_class_have_no_entropy():
    states = [[1.0, 0.0], [2.0, 0.0], [0.0, 3.0], [0.0, 1.0]]
    assert bottleneck_entropy(same, batch(states, [0, 0, 1, 1]), 2) == 0.0


def test_features_on_for_half_of_each_class_have_one_bit():
    states = [[1.0, 0.0], [0.0, 2.0], [3.0, 1.0], [0.0, 0.0]]
    assert bottleneck_entropy(same, batch(states, [0, 0, 1, 1]), 3) == pytest.approx(1.0)


def test_a_quarter_is_four_fifths_of_a_bit_and_classes_count_alike():
    states = [[1.0], [0.0], [0.0], [0.0], [1.0]]
    assert bottleneck_entropy(same, batch(states, [0, 0, 0, 0, 1]), 2) == pytest.approx(
        0.811278 / 2, abs=1e-5
    )


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.integers(1, 7))
def test_the_batches_do_not_matter(seed, size):
    numbers = torch.Generator().manual_seed(seed)
    maps = torch.randn(20, 2, 3, 3, generator=numbers)
    labels = torch.randint(0, 3, (20,), generator=numbers)
    whole = bottleneck_entropy(same, [(maps, labels)], 3)
    parts = list(zip(maps.split(size), labels.split(size), strict=True))
    assert bottleneck_entropy(same, parts, 3) == pytest.approx(whole, abs=1e-6)
    assert 0.0 <= whole <= 1.0 + 1e-6


def test_a_networks_bottleneck_is_what_its_primary_capsules_read(network, digits):
    made, loader = network(), DeviceLoader(digits, "cpu")
    found = bottleneck_entropy(made.features, loader.ordered(100), 10)
    assert 0.0 < found < 1.0
    with torch.no_grad():
        for convolution in made.stem:
            next(convolution.parameters()).zero_()
    assert bottleneck_entropy(made.features, loader.ordered(100), 10) == 0.0


def test_no_images_are_refused():
    with pytest.raises(DataError, match="no images"):
        bottleneck_entropy(same, [], 2)
