"""Real images and small networks to judge."""

import pytest

from paretocaps.data.tensor_splits import load
from paretocaps.domain.choices import Choices
from paretocaps.domain.job import DataSpec
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network


@pytest.fixture
def digits():
    """Return the 300 test images of the digits."""
    return load(DataSpec()).test


@pytest.fixture
def network():
    """Make a narrow network for the digits."""

    def make(seed=0, **choices):
        return build_network(architecture(Choices(primary_capsules=4, **choices), 8, 8, 1, 10), seed)

    return make
