from dataclasses import replace

import pytest

from paretocaps.cli.activity import QUIET_SECONDS, SOON_SECONDS
from paretocaps.cli.plain import PlainView


@pytest.fixture
def lines():
    return []


@pytest.fixture
def view(lines, clock):
    return PlainView(lines.append, clock)


def test_one_line_an_event(view, lines, spec, job, record, front):
    with view:
        view.opened(spec, 2)
        view.notice("design wab skipped: it contradicts --fix decoder=none")
        view.trial_started(job(2), "baseline")
        view.epoch(job(2), record(1))
        view.trial_finished(2, {"acc": 0.98, "time": 3.2, "params": 6_708_400})
        view.trial_started(job(3, attempt=2, lr_policy="one_cycle"), None)
        view.trial_failed(3, "the loss\nbecame NaN")
        view.trial_stopped(4, "at epoch 2 of 4: beaten by trial 2")
        view.front_changed(front)
    assert lines == [
        "study demo: 10 trials of 4 epochs on digits, acc, time, params, 2 finished before",
        "design wab skipped: it contradicts --fix decoder=none",
        "trial 2 started: baseline",
        "trial 2 finished: acc 0.9800, time 3.20 s, params 6.71 M [3 of 10]",
        "trial 3 started, attempt 2: lr_policy=one_cycle",
        "trial 3 failed: the loss became NaN",
        "trial 4 stopped at epoch 2 of 4: beaten by trial 2 [4 of 10]",
        "front: 3 trials with acc>=0.9 (1 more misses it), hypervolume 1.25e+08 of the whole front",
    ]


def test_epochs_are_told_after_a_silence(view, lines, spec, job, record, clock):
    view.opened(spec, 0)
    view.trial_started(job(0), None)
    clock.now += QUIET_SECONDS - 1
    view.epoch(job(0), record(1))
    clock.now += 1
    view.epoch(job(0), record(2, acc=0.5))
    view.epoch(job(0), record(3))
    assert lines[2:] == ["trial 0 epoch 2 of 4: acc 0.5000; about 9:30 left"]


def test_replicates_name_their_seed(view, lines, spec, job):
    view.opened(spec.model_copy(update={"repeats": 2}), 0)
    view.trial_started(job(0, seed=7), "ws")
    assert lines[-1] == "trial 0 started, seed 7: ws"


def test_trainings_that_are_trained_again_are_told_with_the_trial_s_means(view, lines, spec, job):
    view.opened(spec, 2)
    view.seeds_missing(1, 1)
    view.trial_started(job(0, seed=0), "ws")
    view.seed_redone(0, 0, {"acc": 0.98}, quieter=True)
    view.seed_redone(0, 0, {"acc": 0.98}, quieter=False)
    values = "acc 0.9800, time -, params -"
    assert lines[-2:] == [
        f"trial 0 was trained again, quieter: it has that training's times: {values}",
        f"trial 0 was trained again, not quieter: it keeps its times: {values}",
    ]
    assert view.seeds_done == 0


def test_further_seeds_of_finished_trials_are_told_with_the_trial_s_means(view, lines, spec, job):
    view.opened(spec.model_copy(update={"more_repeats": 1}), 2)
    view.seed_finished(0, 1, {"acc": 0.98})  # it was measured while no driver ran
    view.seeds_missing(1, 2)
    view.trial_started(job(0, seed=2), "ws")
    view.seed_finished(0, 2, {"acc": 0.97})
    view.seed_failed(0, 3, "it broke")
    assert lines[1:] == [
        "trial 0 has seed 1 too: acc 0.9800, time -, params -",
        "before new trials: 2 further seeds of 1 finished trial",
        "trial 0 started, seed 2: ws",
        "trial 0 has seed 2 too: acc 0.9700, time -, params - [1 of 2 further seeds]",
        "trial 0 keeps its values: its seed 3 failed: it broke",
    ]


def test_an_empty_front_is_not_told(view, lines, spec, front):
    view.opened(spec, 0)
    view.front_changed(replace(front, members=()))
    assert len(lines) == 1


def test_a_long_preparation_is_told_now_and_then_and_at_its_end(view, lines, clock):
    for done in (0, 64, 128, 192, 256, 320, 330):
        view.preparing("preparing images", done, 330)
        clock.now += QUIET_SECONDS / 2
    assert lines == [f"preparing images: {done} of 330" for done in (64, 192, 320, 330)]


def test_short_preparations_are_not_told(view, lines, clock):
    for what in ("reading", "preparing"):
        for done in (0, 1, 2):
            view.preparing(what, done, 2)
            clock.now += SOON_SECONDS / 3
    assert lines == []
