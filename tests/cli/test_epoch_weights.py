import pytest

from paretocaps.cli.epoch_weights import EpochWeights
from paretocaps.domain.forecast import EpochForecast

STEP, IMAGES = 1.7e-3, 8.0e-5  # s, as `nominal_seconds` has them


def epochs(*steps, images=1600):
    return [EpochForecast(n, {"step": 1.0, "images": images / n}) for n in steps]


def shares(weights, of):
    return [weights.share(epoch, 1.0, of) for epoch in range(1, of + 1)]


@pytest.mark.parametrize("told", [(), epochs(16, 16, 16, 16), epochs(1600, 16), [EpochForecast(9, {})] * 4])
def test_epochs_of_which_nothing_is_told_or_that_are_alike_weigh_the_same(told):
    weights = EpochWeights(told)
    weights.note(1, 0.5, 20)
    weights.note(1, 0.5, 60)
    assert shares(weights, 4) == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert weights.share(2, 0.5, 4) == pytest.approx(0.375)


def test_before_a_step_an_epoch_weighs_what_is_predicted():
    first, second = 1600 * STEP + 1600 * IMAGES, 100 * STEP + 1600 * IMAGES
    assert shares(EpochWeights(epochs(1600, 100)), 2) == pytest.approx([first / (first + second), 1.0])


def test_on_a_gpu_it_weighs_its_steps():
    assert shares(EpochWeights(epochs(1600, 100, 100), "cuda:0"), 3) == pytest.approx([16 / 18, 17 / 18, 1.0])


def test_a_kind_of_epochs_that_was_measured_weighs_its_seconds():
    weights = EpochWeights(epochs(1600, 100, 50, 50), "cuda")
    weights.note(1, 1.0, 40.0)
    weights.note(2, 1.0, 5.0)
    held = 0.1 * 40 / 16  # the prediction counts as a tenth of an epoch
    second = (5.0 + held) / 1.1
    seconds = [40.0, second, second / 2, second / 2]
    assert shares(weights, 4) == pytest.approx([sum(seconds[:n]) / sum(seconds) for n in range(1, 5)])


def test_a_few_steps_move_a_weight_only_a_little():
    weights = EpochWeights(epochs(1600, 100), "cuda")
    weights.note(1, 1.0, 160.0)
    before = weights.share(1, 1.0, 2)
    weights.note(2, 0.01, 1.0)  # as if it took ten times as long as predicted
    assert weights.share(1, 1.0, 2) == pytest.approx(before, abs=0.06)


def test_the_kinds_of_an_earlier_run_follow_from_the_first_that_is_measured():
    weights = EpochWeights(epochs(1600, 100, 50), "cuda")
    weights.note(2, 1.0, 2.0)
    assert shares(weights, 3) == pytest.approx([32 / 35, 34 / 35, 1.0])


def test_what_others_have_shown_corrects_the_prediction():
    first = EpochWeights(epochs(1600, 100, 50), "cuda")
    for epoch, seconds in ((1, 160.0), (2, 20.0)):
        first.note(epoch, 1.0, seconds)
    first.note(3, 0.2, 1.0)  # too little to learn from
    assert first.shown == pytest.approx({1600: 0.1, 100: 0.2})
    weights = EpochWeights(epochs(1600, 100, 50), "cuda", first.shown)
    assert shares(weights, 3) == pytest.approx([16 / 19, 18 / 19, 1.0])


def test_what_is_forgotten_was_not_measured():
    weights = EpochWeights(epochs(1600, 100), "cuda")
    weights.note(2, 1.0, 1000.0)
    weights.forget()
    assert shares(weights, 2) == pytest.approx([16 / 17, 1.0])
    assert weights.shown == {}


def test_an_epoch_that_nobody_told_of_is_left_out():
    weights = EpochWeights(epochs(1600, 100), "cuda")
    weights.note(3, 1.0, 5.0)
    assert shares(weights, 2) == pytest.approx([16 / 17, 1.0])
