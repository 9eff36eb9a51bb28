from dataclasses import replace

from paretocaps.cli.naming import defaults, flag_lines, short_choices, telling_choices
from paretocaps.domain.choices import Choices
from paretocaps.domain.choices_model import canonical_choices


def test_what_sets_a_trial_apart_is_what_it_changes():
    base = defaults("capsnet")
    choices = canonical_choices(Choices, {"lr_policy": "one_cycle", "batch_size": 64, "weight_sharing": True})
    assert short_choices(choices, base) == "weight_sharing=true lr_policy=one_cycle batch_size=64"
    assert short_choices(canonical_choices(Choices, {}), base) == "defaults"
    assert short_choices(choices, {**base, "batch_size": 64}) == "weight_sharing=true lr_policy=one_cycle"


def test_an_unknown_trainer_has_no_defaults():
    assert defaults("nobody") == {}
    assert short_choices({"depth": 2}, {}) == "depth=2"


def test_choices_with_several_values_are_told_first(member):
    members = [
        member(0, 0.9, 1, 1, lr_policy="warm_restarts", batch_size=64),
        member(1, 0.8, 1, 1, batch_size=16),
    ]
    assert telling_choices(members, {}) == ["lr_policy", "batch_size", "cycle", "lr_min", "lr_floor"]
    assert telling_choices([], {}) == []


def test_one_member_is_told_by_what_it_changes_or_all_it_has(member):
    base = defaults("capsnet")
    changed = telling_choices([member(0, 0.9, 1, 1, lr_policy="one_cycle", batch_size=64)], base)
    assert changed == ["lr_policy", "batch_size"]
    plain = member(0, 0.9, 1, 1)
    assert telling_choices([plain], base) == [n for n, value in plain.choices.items() if value is not None]


def test_flags_are_explained_once(member):
    members = [replace(member(n, 0.9, 1, 1), flags=("loaded",)) for n in (0, 1)]
    (line,) = flag_lines(members)
    assert line.startswith("loaded: something else")
    assert flag_lines([member(0, 0.9, 1, 1)]) == []
