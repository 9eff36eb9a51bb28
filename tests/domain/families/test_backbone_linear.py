import pytest

from paretocaps.domain.choices import Choices
from paretocaps.domain.families.backbone_caps import BACKBONE_CAPS
from paretocaps.domain.families.backbone_linear import BACKBONE_LINEAR
from paretocaps.errors import UsageError


def test_it_takes_the_images_of_the_capsules_that_read_its_backbone_later():
    for side in (28, 64, 100):
        assert BACKBONE_LINEAR.resized(side) == BACKBONE_CAPS.resized(side)
    assert BACKBONE_LINEAR.smallest_side == BACKBONE_CAPS.smallest_side


def test_it_has_no_choices_of_capsules():
    assert not BACKBONE_LINEAR.has_capsules
    assert Choices(family="backbone_linear", frozen=True).decoder == "none"
    with pytest.raises((UsageError, ValueError), match="pruning_ratio"):
        Choices(family="backbone_linear", pruning_ratio=0.5)
