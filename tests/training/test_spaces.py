from itertools import islice

import pytest

from paretocaps.domain.trainer import TRAINERS
from paretocaps.search.samplers import sobol
from paretocaps.training.spaces import ALL, PAPERS, SPACES, TRAINING

CAPSNET = TRAINERS.get("capsnet")


@pytest.mark.slow
def test_every_point_of_the_papers_space_is_a_set_of_choices() -> None:
    assert all(CAPSNET.complete(point, {}) for point in PAPERS.listed({}))


@pytest.mark.parametrize("name", SPACES)
def test_points_of_every_space_are_sets_of_choices_in_which_all_that_is_sampled_has_a_meaning(
    name: str,
) -> None:
    CAPSNET.check_space(SPACES[name])
    for point in islice(sobol(SPACES[name], {}, 1), 64):
        chosen = CAPSNET.complete(point, {})
        assert {choice: chosen[choice] for choice in point} == point


def test_the_training_space_has_what_a_person_would_search() -> None:
    assert CAPSNET.space == TRAINING == CAPSNET.spaces["training"]
    rates = {parameter.name: (parameter.low, parameter.high, parameter.log) for parameter in TRAINING}
    assert rates["lr_max"] == (3e-4, 1e-2, True)
    papers = {parameter.name for parameter in PAPERS}
    further = {"lr_max", "lr_floor", "optimizer", "weight_decay", "routing_iterations", "augment"}
    assert set(rates) == papers | further


def test_all_has_the_choices_of_every_other_space() -> None:
    names = {parameter.name for space in SPACES.values() for parameter in space}
    assert names == {parameter.name for parameter in ALL}


def test_conditional_choices_are_sampled_where_they_mean_something() -> None:
    when = {parameter.name: parameter.when.parents for parameter in TRAINING}
    assert when["adabatch_p"] == when["first_batch"] == when["batch_size"] == ("batch_schedule",)
    assert when["cycle"] == when["lr_floor"] == ("lr_policy",)
    assert when["weight_decay"] == ("optimizer",)
