import pytest

from paretocaps.errors import UsageError
from paretocaps.models.architecture import Architecture
from paretocaps.models.complexity import backbone_multiply_adds
from paretocaps.models.pruning.target import pruned, removed_share
from paretocaps.models.pruning.trunk_target import candidates, following

TRUNKS = ("resnet18", "resnet50", "mobilenet_v1", "alexnet", "residual")
PARTS = {"resnet18": 4, "mobilenet_v1": 4, "residual": 1, "alexnet": 2}


@pytest.mark.parametrize("trunk", TRUNKS)
@pytest.mark.parametrize("ratio", [0.25, 0.5, 0.75, 0.9])
def test_every_candidate_removes_the_asked_share(narrow, trunk, ratio):
    whole = narrow(trunk, PARTS.get(trunk, 8))
    found = candidates(whole, ratio, count=6, seed=1)
    assert len(found) == 6
    for target in found:
        assert removed_share(whole, target) == pytest.approx(ratio, abs=0.02)
        before, after = whole.trunk_shape, target.trunk_shape
        assert all(0 < b <= a for a, b in zip(before.widths, after.widths, strict=True))
        types = whole.capsule_types * after.channels // before.channels
        assert target.capsule_types == max(1, types)
        assert Architecture.model_validate_json(target.model_dump_json()) == target


def test_the_first_is_even_and_the_seed_decides_the_others(narrow):
    whole = narrow("resnet50", 4)
    first, *others = candidates(whole, 0.5, count=4, seed=1)
    assert candidates(whole, 0.5) == [first]
    assert candidates(whole, 0.5, count=4, seed=1) == [first, *others]
    assert candidates(whole, 0.5, count=4, seed=2)[1:] != others
    shares = [b / a for a, b in zip(whole.trunk_shape.widths, first.trunk_shape.widths, strict=True)]
    assert max(shares) - min(shares) <= 0.25  # a step of 16 channels of 64
    shares = [b / a for a, b in zip(whole.trunk_shape.widths, others[0].trunk_shape.widths, strict=True)]
    assert max(shares) - min(shares) > 0.3


def test_a_prediction_is_the_even_one(narrow):
    whole = narrow("mobilenet_v1", 4)
    assert pruned(whole, 0.5) == candidates(whole, 0.5)[0]
    assert pruned(whole, 0.0) == whole


def test_a_decoder_is_pruned_in_step(narrow):
    whole = narrow("alexnet", 1, decoder="reduced", capsule_types=32)
    target = pruned(whole, 0.6)
    assert removed_share(whole, target) == pytest.approx(0.6, abs=0.02)
    assert target.decoder_units[0] == pytest.approx(512 * target.capsule_types / 32, abs=1)


def test_networks_that_are_too_narrow_keep_one_of_everything(narrow):
    whole = narrow("resnet18", 32)
    target = pruned(whole, 0.95)
    assert min(target.trunk_shape.widths) >= 1
    assert target.capsule_types == 1


def test_types_follow_the_last_width(narrow):
    whole = narrow("resnet50", 1)
    widths = [*whole.trunk_shape.widths]
    for number in next(group for group in whole.trunk_shape.groups if len(widths) - 1 in group):
        widths[number] = 1947
    assert following(whole, widths).capsule_types == 243


def test_a_bottleneck_is_kept_by_every_candidate_and_the_others_make_up_for_it(narrow):
    whole = narrow("resnet18", 1)
    for target in candidates(whole, 0.5, count=3, seed=1, bottleneck=413):
        assert target.trunk_shape.channels == 413
        assert target.capsule_types == whole.capsule_types * 413 // 512
        assert removed_share(whole, target) == pytest.approx(0.5, abs=0.02)
    assert pruned(whole, 0.5, bottleneck=413) == candidates(whole, 0.5, bottleneck=413)[0]


def test_the_share_may_be_of_the_trunk_alone(narrow):
    whole = narrow("resnet18", 1, side=64, capsule_types=1024)  # they have a tenth of its multiply-adds
    before = backbone_multiply_adds(whole)
    for target in candidates(whole, 0.5, count=3, seed=1, share_of="backbone"):
        assert backbone_multiply_adds(target) == pytest.approx(before / 2, rel=0.02)
        assert removed_share(whole, target, "backbone") == pytest.approx(0.5, abs=0.01)
    of_all = pruned(whole, 0.5, bottleneck=512)  # the trunk has to lose what the capsules keep
    assert backbone_multiply_adds(of_all) < 0.48 * before
    assert pruned(whole, 0.5, share_of="backbone") == candidates(whole, 0.5, share_of="backbone")[0]


def test_a_bottleneck_above_the_backbones_maps_is_refused(narrow):
    with pytest.raises(UsageError, match=r"bottleneck=65 is too many.* 64 maps"):
        pruned(narrow("resnet18", 8), 0.5, bottleneck=65)


def test_a_network_without_capsules_has_nothing_to_prune():
    with pytest.raises(UsageError, match="lenet5 has no capsules"):
        pruned(Architecture(height=28, width=28, channels=1, classes=10, family="lenet5"), 0.5)


def test_wide_convolutions_keep_whole_vectors_of_channels(narrow):
    whole = narrow("resnet18", 1)
    for target in candidates(whole, 0.5, count=4):
        assert all(width % 16 == 0 for width in target.trunk_shape.widths)
        assert removed_share(whole, target) == pytest.approx(0.5, abs=0.01)
