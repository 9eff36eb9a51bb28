import pytest

from paretocaps.domain.choices import Choices
from paretocaps.domain.choices_model import canonical_choices, parse_choices, parse_value, without_meaningless
from paretocaps.errors import UsageError


def test_canonical_form_leaves_out_what_has_no_meaning() -> None:
    constant = canonical_choices(Choices, {})
    assert "batch_size" in constant
    assert not {"first_batch", "adabatch_p", "growth", "cycle", "lr_min", "saliency"} & set(constant)
    adaptive = canonical_choices(Choices, {"batch_schedule": "adabatch", "pruning_ratio": 0.5})
    assert {"first_batch", "adabatch_p", "growth", "saliency", "pruning_start"} <= set(adaptive)
    assert "batch_size" not in adaptive


def test_text_is_read_as_the_type_of_the_choice() -> None:
    choices = parse_choices(Choices, {"weight_sharing": "true", "batch_size": "32", "lr_max": "1e-4"})
    assert choices == Choices(weight_sharing=True, batch_size=32, lr_max=1e-4)
    assert parse_value(Choices, "decay_rate", "0.9") == 0.9


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"lr_polcy": "fixed"}, "unknown choice 'lr_polcy': did you mean 'lr_policy'?"),
        ({"lr_policy": "linear"}, "choice lr_policy='linear' is not allowed: it should be 'fixed'"),
        ({"pruning_ratio": 0.96}, "choice pruning_ratio=0.96 is not allowed"),
        ({"lr_max": 0.0}, "choice lr_max=0.0 is not allowed"),
        ({"lr_max": float("nan")}, "choice lr_max=nan is not allowed"),
        ({"batch_size": 0}, "choice batch_size=0 is not allowed"),
        ({"adabatch_p": 5}, "adabatch_p=5 only applies where batch_schedule is adabatch"),
        ({"saliency": "random"}, "saliency='random' only applies where pruning_ratio is above 0"),
        ({"lr_policy": "one_cycle", "lr_min": 0.01}, "lr_min=0.01 is above lr_max=0.001: lower it"),
    ],
)
def test_bad_choices_name_the_value_and_the_remedy(values: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_choices(Choices, values)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_single_value_is_checked_on_its_own() -> None:
    assert parse_value(Choices, "adabatch_p", "6") == 6
    with pytest.raises(UsageError, match="did you mean 'adabatch_p'"):
        parse_value(Choices, "adabatchp", 6)
    with pytest.raises(UsageError, match="adabatch_p=15 is not allowed"):
        parse_value(Choices, "adabatch_p", 15)


def test_meaningless_values_are_dropped_before_they_are_refused() -> None:
    values = {"adabatch_p": 6, "lr_policy": "fixed", "cycle": "phase"}
    assert without_meaningless(Choices, values) == {"lr_policy": "fixed"}
    kept = {"adabatch_p": 6, "batch_schedule": "adabatch"}
    assert without_meaningless(Choices, kept) == kept
