import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.domain.choices import Choices
from paretocaps.errors import UsageError
from paretocaps.models.architecture import Architecture
from paretocaps.models.complexity import multiply_adds
from paretocaps.models.pruning.target import pruned, pruned_by, removed_share

DECODERS = st.sampled_from(["full", "reduced", "none"])


def architecture(side, **changes):
    return Architecture(height=side, width=side, channels=1, classes=10, **changes)


@pytest.mark.parametrize("side", [8, 28])
@pytest.mark.parametrize("decoder", ["full", "reduced", "none"])
@pytest.mark.parametrize("ratio", [0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
def test_the_asked_share_is_removed_evenly(ratio, decoder, side):
    before = architecture(side, decoder=decoder)
    after = pruned(before, ratio)
    assert removed_share(before, after) == pytest.approx(ratio, abs=0.003)
    types, channels = after.capsule_types / 32, after.conv_channels / 256
    assert types == pytest.approx(channels, abs=0.1)
    first, second = (new / old for new, old in zip(after.decoder_units, before.decoder_units, strict=True))
    assert first == pytest.approx(second, abs=0.01)
    assert min(types, channels) - 0.01 <= first <= max(types, channels) + 0.01


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    ratio=st.floats(0.0, 0.9),
    sides=st.tuples(st.integers(8, 64), st.integers(8, 64)),
    channels=st.integers(1, 3),
    types=st.integers(1, 48),
    decoder=DECODERS,
    shared=st.booleans(),
)
def test_any_network_comes_within_two_points(ratio, sides, channels, types, decoder, shared):
    before = Architecture(
        height=sides[0],
        width=sides[1],
        channels=channels,
        classes=5,
        capsule_types=types,
        decoder=decoder,
        weight_sharing=shared,
    )
    after = pruned(before, ratio)
    assert removed_share(before, after) == pytest.approx(ratio, abs=0.02)
    assert 1 <= after.capsule_types <= types
    assert 4 <= after.conv_channels <= 256
    assert all(1 <= new <= old for new, old in zip(after.decoder_units, before.decoder_units, strict=True))
    changed = {"capsule_types", "conv_channels", "decoder_units"}
    assert after.model_dump(exclude=changed) == before.model_dump(exclude=changed)


DEEP = [
    {"family": "momentum_caps", "blocks": 8},
    {"family": "residual_caps", "blocks": 1, "weight_sharing": True, "decoder": "none"},
    {"blocks": 2, "stem_convolutions": 2},
    {"routing": "em", "blocks": 1, "capsule_dim": 17, "layer_dim": 17, "class_dim": 17},
    {"routing": "sda"},
]


@pytest.mark.parametrize("changes", DEEP)
@pytest.mark.parametrize("ratio", [0.05, 0.5, 0.9])
def test_of_every_family_the_asked_share_is_removed_and_its_blocks_stay(ratio, changes):
    before = architecture(28, **changes)
    after = pruned(before, ratio)
    assert removed_share(before, after) == pytest.approx(ratio, abs=0.005)
    kept = {"capsule_types", "conv_channels", "decoder_units"}
    assert after.model_dump(exclude=kept) == before.model_dump(exclude=kept)


def test_ratio_0_changes_nothing():
    before = architecture(8)
    assert pruned(before, 0.0) == before
    assert removed_share(before, before) == 0.0


def test_a_network_that_cannot_shrink_that_far_shrinks_as_far_as_it_can():
    tiny = architecture(8, capsule_types=1, conv_channels=4, decoder="none")
    assert pruned(tiny, 0.9) == pruned(tiny, 0.5) == tiny.model_copy(update={"decoder_units": (512, 1024)})


def test_pruning_again_counts_from_what_is_left():
    once = pruned(architecture(28), 0.5)
    twice = pruned(once, 0.5)
    assert multiply_adds(twice) == pytest.approx(0.25 * multiply_adds(architecture(28)), rel=0.02)


@pytest.mark.parametrize("ratio", [-0.1, 0.96, 1.0, float("nan")])
def test_ratios_that_are_no_shares_are_refused(ratio):
    with pytest.raises(UsageError, match=f"pruning_ratio={ratio:g}"):
        pruned(architecture(8), ratio)


def test_choices_prune_by_their_ratio():
    before = architecture(28)
    assert pruned_by(before, Choices(pruning_ratio=0.5)) == pruned(before, 0.5)
    assert pruned_by(before, Choices()) == before
