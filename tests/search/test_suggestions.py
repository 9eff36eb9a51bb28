import optuna
import pytest

from paretocaps.domain.space import Space
from paretocaps.search.suggestions import suggest


@pytest.fixture
def study():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.create_study(
        directions=["maximize", "minimize"], sampler=optuna.samplers.RandomSampler(seed=0)
    )


def test_conditional_choices_are_suggested_only_where_they_mean_something(study):
    space = Space.parse({"policy": ["a", "b"], "cycle": {"values": [1, 2], "when": {"policy": "a"}}})
    sampled = [suggest(study.ask(), space, {}) for _ in range(30)]
    assert all(("cycle" in one) == (one["policy"] == "a") for one in sampled)
    assert {one["policy"] for one in sampled} == {"a", "b"}


def test_conditions_look_at_fixed_choices_too(study):
    space = Space.parse({"cycle": {"values": [1, 2], "when": {"policy": "a"}}})
    assert suggest(study.ask(), space, {"policy": "b"}) == {}
    assert suggest(study.ask(), space, {"policy": "a"})["cycle"] in (1, 2)


def test_kinds_of_ranges(study):
    space = Space.parse(
        {
            "whole": {"low": 1, "high": 5, "step": 2},
            "share": {"low": 0.0, "high": 0.8, "step": 0.2},
            "rate": {"low": 1e-4, "high": 1e-1, "log": True},
        }
    )
    for _ in range(20):
        sampled = suggest(study.ask(), space, {})
        assert sampled["whole"] in (1, 3, 5)
        assert sampled["share"] in (0.0, 0.2, 0.4, 0.6, 0.8)
        assert 1e-4 <= sampled["rate"] <= 1e-1
