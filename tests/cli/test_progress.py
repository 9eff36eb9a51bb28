from dataclasses import replace

import pytest

from paretocaps.cli.progress import Progress, front_line
from paretocaps.domain.forecast import EpochForecast
from paretocaps.domain.study_spec import StudySpec


@pytest.fixture
def progress(clock, spec):
    progress = Progress(clock)
    progress.opened(spec, 2)
    return progress


def test_before_it_is_open_nothing_is_known(clock):
    progress = Progress(clock)
    assert (progress.seconds_left, progress.shown, progress.missing) == (None, (), 0)


def test_trials_are_counted_and_told(progress, job):
    progress.trial_started(job(2), "baseline")
    progress.trial_started(job(3, lr_policy="one_cycle"), None)
    assert [training.label for training in progress.running.values()] == ["baseline", "lr_policy=one_cycle"]
    progress.trial_finished(2, {"acc": 0.98, "time": 3.2, "params": 6_708_400, "wall": 4})
    progress.trial_failed(3, "the loss\nbecame NaN")
    assert (progress.finished, progress.failed, dict(progress.running)) == (3, 1, {})
    assert [(line.kind, line.text, line.label) for line in progress.lines] == [
        ("finished", "trial 2 finished: acc 0.9800, time 3.20 s, params 6.71 M", "baseline"),
        ("failed", "trial 3 failed: the loss became NaN", "lr_policy=one_cycle"),
    ]


def test_a_stopped_trial_has_ended_until_it_is_continued(progress, job):
    progress.trial_started(job(2), "baseline")
    progress.trial_stopped(2, "at epoch 2 of 5: beaten by trial 1")
    assert (progress.finished, progress.stopped, dict(progress.running)) == (3, 1, {})
    assert progress.lines[-1].text == "trial 2 stopped at epoch 2 of 5: beaten by trial 1"
    progress.trial_continued(2, "no member of the front was better at this epoch")
    assert (progress.finished, progress.stopped) == (2, 0)
    assert progress.lines[-1].text.startswith("trial 2 goes on after it was stopped early: no member")


def test_an_epoch_says_how_far_a_training_is(progress, job, record):
    progress.trial_started(job(2), "baseline")
    progress.epoch(job(2), record(1, acc=0.95))
    progress.epoch(job(2), record(2, acc=0.93))
    training = progress.running[2, 0]
    assert (training.epochs_done, training.best, training.last.acc) == (2, 0.95, 0.93)


def test_fixed_choices_do_not_set_trials_apart(clock, job):
    progress = Progress(clock)
    progress.opened(StudySpec(fix={"decoder": "none"}), 0)
    progress.trial_started(job(0, decoder="none", batch_size=16), None)
    assert progress.running[0, 0].label == "batch_size=16"
    progress.opened(StudySpec(fix={"primary_capsules": "2"}), 0)  # as the command line has it
    progress.trial_started(job(1, primary_capsules=2, batch_size=16), None)
    assert progress.running[1, 0].label == "batch_size=16"


def test_a_complete_replicate_makes_room_for_the_next(progress, job, record):
    progress.trial_started(job(2, seed=0), None)
    progress.trial_started(job(2, seed=1), None)
    progress.epoch(job(2, seed=0), record(4))
    progress.trial_started(job(2, seed=2), None)
    assert list(progress.running) == [(2, 1), (2, 2)]
    progress.trial_finished(2, {"acc": 0.9})
    assert not progress.running


def test_time_left_is_the_mean_trials(progress, job, record, clock):
    assert progress.seconds_left is None
    progress.trial_started(job(2), None)
    clock.now += 30
    progress.trial_finished(2, {})
    assert progress.elapsed == 30
    assert progress.seconds_left == pytest.approx(30 * 7)
    progress.trial_started(job(3), None)
    clock.now += 15
    progress.epoch(job(3), record(1))
    progress.epoch(job(3), record(2))
    assert progress.seconds_left == pytest.approx(45 / 1.5 * 6.5)


def test_time_left_counts_epochs_by_their_steps_where_these_are_told(progress, job, record, clock):
    progress.trial_started(job(2), None)
    progress.epochs_told(job(2), [EpochForecast(steps, {"step": 1.0}) for steps in (70, 10, 10, 10)], "cuda")
    clock.now += 70
    progress.epoch(job(2), record(1))
    assert progress.seconds_left == pytest.approx(30 + 7 * 100)


def test_a_training_that_begins_anew_has_a_pace_of_its_own(progress, job, record, clock):
    progress.trial_started(job(2), None)
    clock.now += 30
    progress.epoch(job(2), record(1))
    progress.trial_started(job(2, attempt=2), None)  # without a checkpoint: from the first epoch
    clock.now += 10
    progress.epoch(job(2, attempt=2), record(1))
    assert progress.seconds_left == pytest.approx(30 + 7 * 40)


def test_a_training_that_goes_on_from_a_checkpoint_of_an_earlier_run_has_its_epochs(
    progress, job, record, clock
):
    progress.training_resumed(job(2, attempt=2), 1)
    progress.trial_started(job(2, attempt=2), None)
    clock.now += 10
    progress.epoch(job(2, attempt=2), record(3))
    assert progress.seconds_left == pytest.approx(10 / 0.25 * 7.25)


def test_further_seeds_of_finished_trials_are_counted_apart(clock, spec, job, record):
    progress = Progress(clock)
    progress.opened(spec.model_copy(update={"more_repeats": 1, "trials": 3}), 2)
    progress.seeds_missing(2, 2)
    progress.trial_started(job(0, seed=1), "baseline")
    progress.epoch(job(0, seed=1), record(1))
    clock.now += 30
    progress.seed_finished(0, 1, {"acc": 0.98, "time": 3.2, "params": 6_708_400})
    assert (progress.finished, progress.seeds_done, dict(progress.running)) == (2, 1, {})
    assert progress.seconds_left == pytest.approx(30 * 3)
    progress.trial_started(job(1, seed=1), None)
    progress.seed_failed(1, 1, "it\nbroke")
    assert [(line.kind, line.text, line.label) for line in progress.lines] == [
        ("notice", "before new trials: 2 further seeds of 2 finished trials", ""),
        ("finished", "trial 0 has seed 1 too: acc 0.9800, time 3.20 s, params 6.71 M", "baseline"),
        ("failed", "trial 1 keeps its values: its seed 1 failed: it broke", "the baseline"),
    ]


def test_nothing_is_left_of_a_complete_study(clock, spec):
    progress = Progress(clock)
    progress.opened(spec, 9)
    clock.now += 5
    progress.trial_finished(9, {})
    progress.trial_finished(10, {})
    assert progress.seconds_left == 0


def test_only_what_keeps_the_requirements_is_shown(progress, front):
    progress.front_changed(front)
    assert [member.trial for member in progress.shown] == [3, 7, 9]
    assert progress.missing == 1


def test_the_front_within_the_bounds_has_trials_that_only_others_beat(progress, front):
    within = replace(front.members[0], trial=12)
    progress.front_changed(front)
    progress.answers_changed(replace(front, members=(*front.members[:3], within)))
    assert [member.trial for member in progress.shown] == [3, 7, 9, 12]
    assert progress.missing == 1


def test_collapsed_members_are_left_out(progress, front):
    third = replace(front.members[2], flags=("collapsed",))
    progress.front_changed(replace(front, members=(*front.members[:2], third, front.members[3])))
    assert [member.trial for member in progress.shown] == [3, 7]
    assert progress.front_line == "front: 2 trials with acc>=0.9 (1 more misses it, 1 trial apart: collapsed)"
    progress.front_changed(replace(front, members=(third,)))
    assert progress.front_line == "front: no trial yet (1 trial apart: collapsed)"
    progress.opened(progress.spec.model_copy(update={"require": ()}), 0)
    assert progress.front_line == "front: no trial yet (1 trial apart: collapsed)"


def test_a_study_without_requirements_shows_all_but_the_corner(clock, spec, front):
    progress = Progress(clock)
    progress.opened(spec.model_copy(update={"require": ()}), 0)
    progress.front_changed(front)
    assert (len(progress.shown), progress.missing, progress.corner) == (3, 0, 1)
    assert progress.front_line == "front: 3 trials (1 trial apart: acc below 0.9)"
    assert front_line(progress.spec, 4, 0) == "front: 4 trials"


@pytest.mark.parametrize(
    ("shown", "missing", "line"),
    [
        (0, 0, "front: no trial yet"),
        (0, 2, "front: no trial meets acc>=0.9 yet (2 miss it)"),
        (1, 0, "front: 1 trial with acc>=0.9"),
        (4, 1, "front: 4 trials with acc>=0.9 (1 more misses it)"),
    ],
)
def test_what_the_front_is(spec, shown, missing, line):
    assert front_line(spec, shown, missing) == line


def test_a_view_may_read_while_events_come(progress, job, front):
    progress.trial_started(job(2), None)
    running, lines = progress.running, progress.lines
    progress.trial_started(job(3), None)
    progress.notice("a duplicate was drawn again")
    progress.front_changed(replace(front, members=()))
    assert (len(running), len(lines)) == (1, 0)
    assert (len(progress.running), len(progress.lines)) == (2, 1)


def test_failures_are_kept_however_many_trials_follow(progress):
    progress.trial_failed(0, "out of memory")
    for trial in range(1, 100):
        progress.trial_finished(trial, {"acc": 0.9})
    assert [line.text for line in progress.to_keep] == ["trial 0 failed: out of memory"]
    assert 0 < len(progress.lines) < 99


def test_each_part_of_a_preparation_has_its_beginning(clock):
    progress = Progress(clock)
    for what, done in (("sizes", 0), ("sizes", 9), ("images", 0), ("images", 5)):
        progress.preparing(what, done, 9)
        clock.now += 1
    assert (progress.step.what, progress.step.done, progress.step.started) == ("images", 5, 102)
