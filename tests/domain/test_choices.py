import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.choices import Choices
from paretocaps.domain.choices_model import canonical_choices, parse_choices, parse_value, without_meaningless
from paretocaps.errors import UsageError


def test_what_is_not_set_is_the_papers_baseline() -> None:
    baseline = Choices()
    assert (baseline.lr_policy, baseline.lr_max, baseline.batch_size) == ("fixed", 1e-3, 128)
    assert (baseline.weight_sharing, baseline.decoder, baseline.pruning_ratio) == (False, "full", 0.0)


@given(
    policy=st.sampled_from(
        ["fixed", "exponential", "one_cycle", "warm_restarts", "step_decay", "epoch_decay"]
    ),
    schedule=st.sampled_from(["constant", "adabatch"]),
    sharing=st.booleans(),
    ratio=st.sampled_from([0.0, 0.5, 0.95]),
)
def test_the_canonical_form_reads_back_to_itself(
    policy: str, schedule: str, sharing: bool, ratio: float
) -> None:
    values = {
        "lr_policy": policy,
        "batch_schedule": schedule,
        "weight_sharing": sharing,
        "pruning_ratio": ratio,
    }
    canonical = canonical_choices(Choices, values)
    assert canonical_choices(Choices, canonical) == canonical


@pytest.mark.parametrize(
    ("policy", "rate", "every"),
    [("exponential", 0.96, 2000), ("step_decay", 0.7, 2), ("epoch_decay", 0.96, 1)],
)
def test_a_decay_that_is_not_said_is_the_papers(policy: str, rate: float, every: int) -> None:
    canonical = canonical_choices(Choices, {"lr_policy": policy})
    assert (canonical["decay_rate"], canonical["decay_every"]) == (rate, every)
    said = canonical_choices(Choices, {"lr_policy": policy, "decay_rate": rate, "decay_every": every})
    assert said == canonical
    assert canonical_choices(Choices, {"lr_policy": policy, "decay_rate": 0.5})["decay_rate"] == 0.5


@pytest.mark.parametrize("family", ["residual_caps", "momentum_caps"])
def test_families_of_blocks_have_one_where_nothing_is_said(family: str) -> None:
    said = canonical_choices(Choices, {"family": family, "blocks": 1, "capsules": 32})
    assert canonical_choices(Choices, {"family": family}) == said
    assert said["blocks"] == 1
    assert ("gamma" in said) == (family == "momentum_caps")
    assert without_meaningless(Choices, {"family": family, "capsules": 64}) == {
        "family": family,
        "capsules": 64,
    }


def test_the_plain_network_has_no_blocks_and_so_no_layers_between() -> None:
    plain = canonical_choices(Choices, {})
    assert plain["blocks"] == 0
    assert not {"capsules", "gamma", "loss"} & set(plain)
    assert canonical_choices(Choices, {"blocks": 0}) == plain
    assert canonical_choices(Choices, {"blocks": 2})["capsules"] == 32
    assert without_meaningless(Choices, {"capsules": 64, "gamma": 0.5}) == {}


def test_sda_and_em_are_differentiated_whole_where_nothing_is_said() -> None:
    assert Choices(routing="em").routing_gradient == "all"
    assert Choices(routing="em", routing_gradient="last").routing_gradient == "last"
    assert Choices(routing="sda").routing_gradient == "all"
    assert Choices().routing_gradient == "last"
    once = Choices(routing="em", routing_iterations=1)
    assert "routing_gradient" not in once.active()
    assert canonical_choices(Choices, once.active()) == once.active()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"family": "residual_caps", "blocks": 0}, "blocks=0 is too few for family=residual_caps: give 1"),
        ({"family": "momentum_caps", "blocks": "0"}, "blocks=0 is too few for family=momentum_caps"),
        (
            {"family": "backbone_caps", "backbone": "resnet18", "pruning_ratio": 0.5, "bottleneck": 513},
            "bottleneck=513 is too many for backbone=resnet18: give 512 or less",
        ),
        (
            {"family": "backbone_caps", "bottleneck": 9},
            "bottleneck=9 only applies where family is backbone_caps and",
        ),
        ({"family": "momentum_caps", "blocks": -1}, "choice blocks=-1 is not allowed"),
        ({"blocks": -1}, "choice blocks=-1 is not allowed: it should be greater than or equal to 0"),
        (
            {"family": "momentum_caps", "gamma": 1.0},
            "choice gamma=1.0 is not allowed: it should be less than 1",
        ),
        ({"family": "momentum_caps", "gamma": -0.1}, "choice gamma=-0.1 is not allowed"),
        ({"family": "residual_caps", "gamma": 0.5}, "gamma=0.5 only applies where family is momentum_caps"),
        ({"capsules": 64}, "capsules=64 only applies where blocks is above 0"),
        ({"blocks": 1, "capsules": 48}, "choice capsules=48 is not allowed: it should be 32 or 64"),
        (
            {"routing": "dynamic"},
            "choice routing='dynamic' is not allowed: it should be 'rba', 'sda' or 'em'",
        ),
        ({"loss": "spread"}, "loss='spread' only applies where routing is em"),
        ({"stem_convolutions": 3}, "choice stem_convolutions=3 is not allowed: it should be 1 or 2"),
        ({"family": "mocapsnet"}, "or 'lenet5': did you mean 'capsnet'?"),
    ],
)
def test_bad_networks_are_refused_in_one_line(values: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_choices(Choices, values)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_numbers_of_a_list_are_read_from_text() -> None:
    assert parse_value(Choices, "capsules", "64") == 64
    assert Choices(blocks=1, capsules="64", stem_convolutions="2") == Choices(
        blocks=1, capsules=64, stem_convolutions=2
    )


@given(
    family=st.sampled_from(["capsnet", "residual_caps", "momentum_caps"]),
    blocks=st.integers(1, 20),
    routing=st.sampled_from(["rba", "sda", "em"]),
    iterations=st.integers(1, 3),
)
def test_the_canonical_form_of_a_network_reads_back_to_itself(
    family: str, blocks: int, routing: str, iterations: int
) -> None:
    values = {"family": family, "blocks": blocks, "routing": routing, "routing_iterations": iterations}
    canonical = canonical_choices(Choices, values)
    assert canonical_choices(Choices, canonical) == canonical


@pytest.mark.parametrize(("family", "types"), [("alexnet_caps", 32), ("resnet_caps", 16)])
def test_hybrids_have_their_papers_capsule_types_and_no_decoder(family: str, types: int) -> None:
    choices = Choices.model_validate({"family": family})
    assert (choices.primary_capsules, choices.decoder) == (types, "none")
    drawn = Choices.model_validate({"family": family, "decoder": "full", "primary_capsules": 4})
    assert (drawn.primary_capsules, drawn.decoder) == (4, "full")


def test_lenet5_has_no_choices_of_capsules() -> None:
    found = canonical_choices(Choices, {"family": "lenet5"})
    assert {"lr_policy", "lr_max", "batch_size", "standardise", "image_size", "precision"} <= set(found)
    meaningless = {
        "routing",
        "weight_sharing",
        "decoder",
        "pruning_ratio",
        "primary_capsules",
        "init",
        "blocks",
    }
    assert not meaningless & set(found)


@pytest.mark.parametrize("name", ["weight_sharing", "decoder", "pruning_ratio", "routing", "blocks"])
def test_what_a_family_has_not_is_refused_where_it_is_said_and_dropped_where_it_is_sampled(name: str) -> None:
    value = {
        "weight_sharing": True,
        "decoder": "reduced",
        "pruning_ratio": 0.5,
        "routing": "sda",
        "blocks": 2,
    }
    said = {"family": "lenet5", name: value[name]}
    with pytest.raises(UsageError, match=f"{name}=.* only applies where family is"):
        parse_choices(Choices, said)
    assert without_meaningless(Choices, said) == {"family": "lenet5"}


@pytest.mark.parametrize("family", ["alexnet_caps", "resnet_caps", "lenet5", "backbone_caps"])
def test_the_canonical_form_of_other_families_reads_back_to_itself(family: str) -> None:
    once = canonical_choices(Choices, {"family": family})
    assert canonical_choices(Choices, once) == once
    assert ("backbone" in once) == (family == "backbone_caps")


@pytest.mark.parametrize(
    ("family", "smallest"),
    [("capsnet", 8), ("momentum_caps", 8), ("alexnet_caps", 28), ("lenet5", 28), ("backbone_caps", 32)],
)
def test_images_are_not_made_smaller_than_a_family_can_take(family, smallest):
    from paretocaps.models.architecture import architecture

    choices = Choices(family=family, image_size=smallest)
    assert architecture(choices, 64, 64, 3, 10).image_size == smallest
    with pytest.raises(ValueError, match=f"image_size={smallest - 1} is too small for family={family}"):
        Choices(family=family, image_size=smallest - 1)


def test_every_choice_says_what_it_means_in_one_sentence() -> None:
    for name, field in Choices.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
        assert ". " not in field.description.replace("et al. ", ""), name


def test_the_learning_rate_falls_to_a_share_of_its_peak_or_to_a_rate_of_its_own() -> None:
    share = Choices(lr_policy="one_cycle", lr_max=3e-3, lr_floor=0.1)
    own = Choices(lr_policy="one_cycle", lr_max=3e-3, lr_min=3e-4)
    assert share.lowest_rate == own.lowest_rate == 3e-4
    assert "lr_min" not in share.active()
    assert Choices.respelled(own.active()) == {"lr_floor": 0.1}
    assert Choices.respelled(share.active()) == Choices.respelled(Choices().active()) == {}
    assert not Choices().is_active("lr_floor")
    with pytest.raises(ValueError, match=r"lr_min=0\.001 only applies where .* and lr_floor is 0\.0"):
        Choices(lr_policy="one_cycle", lr_floor=0.1, lr_min=1e-3)
