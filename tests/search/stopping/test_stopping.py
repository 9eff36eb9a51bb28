import sqlite3
from contextlib import closing
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from paretocaps import service
from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.replay.play import train as play_back
from paretocaps.replay.table import read
from paretocaps.run_folder import RunFolder
from paretocaps.search.stopping.stopping import Stopping
from paretocaps.service.running import Interrupted
from paretocaps.storage.decisions import Decision
from paretocaps.storage.store import Store


def decided(store, study="s"):
    with store() as opened:
        found = opened.decisions(study)
    return [(one.key.trial, one.key.seed, one.epoch, one.verdict, one.reason) for one in found]


def states(store, study="s"):
    with store() as opened:
        return {trial.number: trial.state for trial in opened.trials(study)}


def interrupt():
    raise KeyboardInterrupt


def test_stopped_trials_count_keep_curve_and_checkpoint_and_stand_on_no_front(run, store, storage, trained):
    counts, watcher = run()
    assert counts["finished"] + counts["stopped"] == 9
    stopped = [number for number, state in states(store).items() if state == "stopped"]
    assert stopped == [number for number, _ in watcher.stopped] != []
    with store() as opened:
        ranked = opened.table("s", ["acc"]).trials.tolist()
        trials = {number: opened.trial("s", number) for number in stopped}
    assert not set(ranked) & set(stopped)
    shown = service.load_trials("s", storage).set_index("trial").loc[stopped, "acc"].to_dict()
    assert shown == {number: trial.attempts[0].measurement.acc for number, trial in trials.items()}
    for number, trial in trials.items():
        (attempt,) = trial.attempts
        last = attempt.epochs[-1].epoch
        assert (attempt.state, trial.reason) == ("stopped", dict(watcher.stopped)[number])
        assert trial.reason.startswith(f"at epoch {last} of 5: beaten by trial")
        assert attempt.measurement.acc == max(record.acc for record in attempt.epochs)
        assert RunFolder(attempt.folder).checkpoint.exists()
        assert max(epoch for trial, _, _, epoch in trained if trial == number) == last
    names = {"finished": "COMPLETE", "stopped": "PRUNED"}
    told = {trial.number: trial.state.name for trial in optuna_trials(storage)}
    assert told == {number: names[state] for number, state in states(store).items()}
    run(more=1, trials=None, stop_early="none")  # nothing is stopped any more, so all of it goes on
    assert list(states(store).values()) == ["finished"] * 10
    told = optuna_trials(storage)
    assert [(trial.state.name, len(trial.values)) for trial in told] == [("COMPLETE", 3)] * 10


def test_resumed_anywhere_it_decides_the_same(run, store, trained, events):
    run()
    whole = decided(store), states(store)
    assert "stopped" in whole[1].values()
    trained.clear()
    events[22] = interrupt
    with pytest.raises(Interrupted):
        run(study="t")
    run(study="t")
    assert (decided(store, "t"), states(store, "t")) == whole


def test_what_was_decided_holds_for_a_training_that_is_made_again(run, store, trained, events, monkeypatch):
    """A driver is killed after it stored that a training stops, and before the trainer heard it."""
    decide = Stopping._decide

    def killed(stopping, key, epoch, verdict):
        answer = decide(stopping, key, epoch, verdict)
        if not answer:
            monkeypatch.setattr(Stopping, "_decide", decide)
            raise KeyboardInterrupt
        return answer

    monkeypatch.setattr(Stopping, "_decide", killed)
    with pytest.raises(Interrupted):
        run()
    before = decided(store)
    assert before[-1][3] == "stop"
    run()
    assert decided(store)[: len(before)] == before
    with store() as opened:
        trial = opened.trial("s", before[-1][0])
    assert trial.attempts[-1].state == trial.state == "stopped"
    assert trial.attempts[-1].resumed_from == 1


def test_what_another_driver_decided_since_holds_for_a_training_that_is_taken_over(run, store):
    run(trials=1)
    spec = StudySpec(study="s", stop_early="rungs", epochs=5)
    with store() as opened:
        late = Stopping(spec, parse_objectives("acc,time,params"), TRAINERS.get("play"), {}, opened)
        run()  # another driver, whose decisions this one has not heard of
        before = decided(store)
        number, stop = next((one[0], one[2]) for one in before if one[3] == "stop")
        trial = opened.trial("s", number)
        job = TrainingJob(
            study="s",
            trial=number,
            attempt=2,
            trainer="play",
            choices=trial.choices,
            seed=0,
            data=spec.data_spec,
            epochs=5,
            folder=trial.attempts[0].folder,
        )
        late.begin(job, spared=False)
        answers = [late.answer(job, record, reachable=True) for record in trial.attempts[0].epochs]
    assert answers == [True] * (stop - 1) + [False]
    assert decided(store) == before


@pytest.mark.parametrize("cut_off", ["store.Store.stop_trial", "results.Results.tell_stopped"])
def test_a_driver_that_is_cut_off_while_it_stops_a_trial_loses_nothing(
    run, store, storage, monkeypatch, cut_off
):
    """Before the trial is stopped and after its attempt is; and before Optuna is told."""
    module = "paretocaps.storage" if cut_off.startswith("store") else "paretocaps.search"
    with monkeypatch.context() as patched:
        patched.setattr(f"{module}.{cut_off}", lambda *_: interrupt())
        with pytest.raises(Interrupted):
            run()
    with store() as opened:
        (number,) = [one.number for one in opened.trials("s") if one.attempts[-1].state == "stopped"]
    run(trials=number + 1)
    assert states(store)[number] == "stopped"
    with store() as opened:
        assert [attempt.state for attempt in opened.trial("s", number).attempts] == ["stopped"]
    assert optuna_trials(storage)[number].state.name == "PRUNED"


def test_a_stopped_trial_that_is_promising_again_is_continued_from_its_checkpoint(
    run, store, trained, monkeypatch
):
    run()
    first = next(number for number, state in states(store).items() if state == "stopped")
    epochs = len([one for one in trained if one[0] == first])
    _let_go_on(monkeypatch, first)
    trained.clear()
    counts, watcher = run()
    assert [one[0] for one in trained] == [first] * len(trained)
    assert trained[0] == (first, 0, 2, epochs + 1)  # the second attempt, with the next epoch
    assert f"trial {first} goes on after it was stopped early: it is promising" in watcher.notices
    with store() as opened:
        trial = opened.trial("s", first)
    assert counts["finished"] + counts["stopped"] == 9
    assert trial.attempts[1].resumed_from == 1
    assert (first, 0, epochs, "continue", "it is promising") in decided(store)


def test_the_other_seeds_of_a_stopped_trial_are_not_trained(run, store, trained):
    run(repeats=2)
    stopped = {number for number, state in states(store).items() if state == "stopped"}
    assert stopped
    assert {(number, seed) for number, seed, _, _ in trained if number in stopped} == {
        (n, 0) for n in stopped
    }


def test_designs_are_stopped_only_on_request(run, store):
    options = {"designs": ["poor"], "trials": 2}
    run(**options)
    run(study="t", **options, stop_designs=True)
    with store() as opened:
        (other,) = [trial.number for trial in opened.trials("s") if trial.design is None]
    assert {one[0] for one in decided(store)} == {other}
    assert {one[0] for one in decided(store, "t")} == {0, 1}


def test_by_an_objective_that_no_epoch_shows_nothing_is_stopped(run, store):
    kept = parse_objectives("acc,memory")
    spec = StudySpec(study="s", stop_early="rungs")
    run(trials=1)
    with store() as opened:
        stopping = Stopping(spec, kept, TRAINERS.get("play"), {}, opened)
    why = "memory cannot be seen before the end of a training"
    assert stopping.remarks == (f"--stop-early rungs stops nothing here: {why}",)


def _let_go_on(monkeypatch, trial):
    from paretocaps.search.stopping.rungs import Rungs
    from paretocaps.search.stopping.stopper import Verdict

    def promising(rule, training, curves):
        return Verdict(True, "it is promising") if training.trial == trial and training.epoch == 2 else None

    monkeypatch.setattr(Rungs, "promising", promising)


def optuna_trials(storage):
    import optuna

    return optuna.load_study(study_name="s", storage=storage).get_trials()


RECORDED = read("digits")
WHOLE = {row.design for row in RECORDED.rows if row.seed == 0 and row.measurement is not None}
PLAYED = sorted(name for name in WHOLE if "lr_min" not in RECORDED.designs[name])[:20]
"""Designs whose choices the space samples: others would leave trials to the sampler."""


def recorded_study(folder, rule, designs, **options):
    """Return the settings of a study that plays designs of the recorded table, and may stop any of them."""
    of_papers = TRAINERS.get("replay").designs
    return {
        "study": "s",
        "storage": f"sqlite:///{folder}/study.db",
        "trainer": "replay",
        "dataset": "digits",
        "epochs": 5,
        "objectives": "acc,cpu_time,params",
        "designs": designs,
        "design": {name: RECORDED.designs[name] for name in designs if name not in of_papers},
        "trials": len(designs),
        "stop_early": rule,
        "stop_designs": True,
        "reject": False,
        "executor": "inline",
        **options,
    }


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["rungs", "curves"])
@settings(
    max_examples=1,  # beside the explicit one
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # shrinking would play for minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(PLAYED, 0.5)
@given(st.permutations(PLAYED), st.floats(0.0, 1.0, exclude_max=True))
def test_of_recorded_trainings_it_decides_the_same_wherever_it_is_resumed(monkeypatch, rule, designs, share):
    told = []

    def interrupting(at):
        def train(job, on_epoch):
            def tell(record):
                told.append((job.trial, record.epoch))
                return interrupt() if len(told) == at else on_epoch(record)

            return play_back(job, tell)

        return train

    found = []
    for cut in (False, True):
        at = 1 + int(share * len(told)) if cut else None
        told.clear()
        with TemporaryDirectory() as folder, monkeypatch.context() as patched:
            patched.setattr("paretocaps.replay.play.train", interrupting(at))
            spec = recorded_study(folder, rule, designs)
            if cut:
                with pytest.raises(Interrupted):
                    service.optimize(spec)
            service.optimize(spec)

            def store(spec=spec):
                return Store.open(spec["storage"], create=False)

            found.append((decided(store), states(store)))
    assert found[0] == found[1]
    assert designs != PLAYED or "stopped" in found[0][1].values()


@pytest.mark.slow
def test_what_several_workers_trained_at_once_is_stopped_only_where_others_beat_it(tmp_path):
    service.optimize(recorded_study(tmp_path, "rungs", PLAYED, executor="processes", workers=3))
    with Store.open(f"sqlite:///{tmp_path}/study.db", create=False) as store:
        stops = [one for one in store.decisions("s") if one.verdict == "stop"]
        ended = {trial.number: trial.state for trial in store.trials("s")}
        curves = {number: store.trial("s", number).attempts[0].epochs for number in ended}
    assert {one.key.trial for one in stops} >= {number for number in ended if ended[number] == "stopped"}
    assert set(ended.values()) == {"finished", "stopped"}
    for one in stops:
        others = one.seen["beaten_by"]
        own = curves[one.key.trial][: one.epoch]
        assert others
        for other in others:
            theirs = curves[other][: one.epoch]
            assert max(record.acc for record in theirs) > max(record.acc for record in own)


@pytest.mark.slow
def test_with_real_trainings_no_stored_decision_is_revised(tmp_path, monkeypatch):
    """Interrupted again and again right after a decision, so that its training is made again, otherwise."""
    decide, left = Stopping._decide, [1, 2, 3]
    made = []

    def interrupted(stopping, key, epoch, verdict):
        answer = decide(stopping, key, epoch, verdict)
        made.append(epoch)
        if left and len(made) >= left[0]:
            del left[0], made[:]
            raise KeyboardInterrupt
        return answer

    monkeypatch.setattr(Stopping, "_decide", interrupted)
    spec = {
        "study": "s",
        "storage": f"sqlite:///{tmp_path}/study.db",
        "dataset": "digits",
        "limit_train": 100,
        "limit_validation": 60,
        "epochs": 4,
        "trials": 9,
        "designs": [],
        "sampler": "qmc",
        "space": {"lr_max": {"low": 1e-4, "high": 1e-2, "log": True}, "decoder": ["reduced", "none"]},
        "fix": {"batch_schedule": "constant", "batch_size": 50},
        "stop_early": "rungs",
        "device": "cpu",
        "executor": "inline",
    }

    def store():
        return Store.open(spec["storage"], create=False)

    before = []
    while left:
        with pytest.raises(Interrupted):
            service.optimize(spec)
        now = decided(store)
        assert now[: len(before)] == before
        before = now
    service.optimize(spec)
    assert len(before) >= 6
    assert decided(store)[: len(before)] == before
    assert set(states(store).values()) <= {"finished", "stopped"}


def test_a_training_that_was_cut_off_after_the_epoch_it_is_stopped_at_is_stopped(run, store, events, trained):
    """With another rule, it goes on from a checkpoint of more epochs than the rung at which it is judged."""
    poor = {"designs": ["poor"], "design": {}, "stop_designs": True}
    run(stop_early="none", trials=6)
    events[len(trained) + 4] = interrupt
    with pytest.raises(Interrupted):
        run(stop_early="none", trials=7, **poor)
    number = max(states(store))
    with store() as opened:
        assert opened.trial("s", number).design == "poor"
    run(stop_early="rungs", trials=7, **poor)
    assert states(store)[number] == "stopped"
    assert [one[2] for one in decided(store) if one[0] == number and one[3] == "stop"] == [2]
    run(stop_early="none", trials=7, **poor)  # and goes on to its end, not to the epochs that it has
    with store() as opened:
        trial = opened.trial("s", number)
    assert trial.state == "finished"
    assert trial.attempts[-1].measurement.epochs[-1].epoch == 5


def test_trials_that_break_a_bound_beat_no_other(run, store):
    huge = {"size": 4, "speed": 0.5, "top": 1.0}
    design = {"designs": ["huge"], "design": {"huge": huge}, "trials": 8}
    run(**design, require=["params<=2"], reject=False, space={"size": [1, 4]})
    with store() as opened:
        beaten = [one.seen.get("beaten_by", ()) for one in opened.decisions("s")]
        sizes = {trial.number: trial.choices["size"] for trial in opened.trials("s")}
    assert not {number for each in beaten for number in each if sizes[number] == 4}


def test_trainings_of_another_device_are_not_compared_where_time_counts(run, store, storage):
    run(trials=6)
    with closing(sqlite3.connect(storage.removeprefix("sqlite:///"))) as database:
        database.execute("UPDATE paretocaps_attempts SET device_name = 'faster'")
        database.commit()
    run(trials=12)
    with store() as opened:
        later = [one for one in opened.decisions("s") if one.key.trial > 6]  # the first one tells the device
    assert later
    assert {number for one in later for number in one.seen["beaten_by"]} <= set(range(6, 12))


@pytest.mark.parametrize(("spared", "goes_on"), [(True, True), (False, False)])
def test_a_training_that_is_spared_is_not_stopped(run, store, spared, goes_on):
    """A design, or one of a finished trial that is redone because its device was loaded."""
    spec = StudySpec(study="s", stop_early="rungs", epochs=5)
    run(stop_early="none")
    with store() as opened:
        stopping = Stopping(spec, parse_objectives("acc,time,params"), TRAINERS.get("play"), {}, opened)
        trial = opened.trial("s", 8)
        job = TrainingJob(
            study="s", trial=8, attempt=1, trainer="play", choices=trial.choices, seed=0,
            data=spec.data_spec, epochs=5, folder=trial.attempts[0].folder,
        )  # fmt: skip
        stopping.begin(job, spared=spared)
        worst = {"acc": 0.01, "time": 99.0, "params": 99}
        slow = [one.model_copy(update=worst) for one in trial.attempts[0].epochs]
        answers = [stopping.answer(job, record, reachable=True) for record in slow[:2]]
    assert answers == [True, goes_on]


def test_a_further_seed_that_ends_by_itself_is_finished_once_its_trial_went_on(run, store):
    run(stop_early="none", repeats=2)
    spec = StudySpec(study="s", stop_early="rungs", epochs=5, repeats=2)
    first, other = (AttemptKey("s", 8, seed, 1) for seed in (0, 1))
    with store() as opened:
        for key, epoch in ((first, 2), (other, 3)):
            opened.decide(Decision(key, epoch, "rungs", "stop", "beaten"))
        measured = opened.trial("s", 8).measured[1].measurement
        short = measured.model_copy(update={"epochs": measured.epochs[:4]})

        def stopped():
            objectives = parse_objectives("acc,time,params")
            return Stopping(spec, objectives, TRAINERS.get("play"), {}, opened).stopped(other, short)

        assert stopped().epoch == 3
        opened.decide(Decision(first, 4, "rungs", "continue", "promising"))
        assert stopped() is None


def test_a_further_seed_that_was_stopped_goes_on_with_its_trial(run, store, storage):
    """Both seeds of a trial were stopped; the first goes on, and is cut off before the second does."""
    run(repeats=2)
    number = next(number for number, state in states(store).items() if state == "stopped")
    with store() as opened:
        (own,) = opened.trial("s", number).attempts
        key = opened.start_attempt("s", number, 1)
        folder = RunFolder(opened.attempt_folder(key))
        folder.write_job(RunFolder(own.folder).job().model_copy(update={"seed": 1}))
        folder.write_result(own.measurement)
        folder.stopped_file.touch()
        opened.stop_attempt(key, own.measurement, own.reason)
        last = own.epochs[-1].epoch
        opened.decide(Decision(key, last, "rungs", "stop", "beaten"))
        again = opened.start_attempt("s", number, 0)
        opened.decide(Decision(again, last, "rungs", "continue", "promising"))
    with closing(sqlite3.connect(storage.removeprefix("sqlite:///"))) as base:
        base.execute(
            "UPDATE paretocaps_trials SET state = 'interrupted', driver = NULL WHERE number = ?", (number,)
        )
        base.commit()
    counts, _ = run(repeats=2, stop_early="none")
    assert counts["finished"] == 9
    with store() as opened:
        trained = opened.trial("s", number).measured
    assert {seed: len(one.epochs) for seed, one in trained.items()} == {0: 5, 1: 5}
