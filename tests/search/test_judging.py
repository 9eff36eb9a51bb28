import dataclasses
import sqlite3
from contextlib import nullcontext

import pytest

import paretocaps.testing.probe as probe
from paretocaps import service
from paretocaps.domain.measurement import JudgedTest
from paretocaps.domain.objective import Objective
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.search.interrupts import TimeIsUpError
from paretocaps.search.judging import Judging, judged_at_once
from paretocaps.search.start import START
from paretocaps.storage.store import Store

STUDY = {"trainer": "judged_probe", "require": ["acc>=0.5"], "sampler": "random"}


@pytest.fixture(autouse=True)
def _judged_probe():
    if "judged_probe" not in TRAINERS:
        TRAINERS.register("judged_probe", probe.JUDGED_PROBE)


def judged(storage):
    """The test accuracies by trial and seed, of those that have one."""
    with sqlite3.connect(storage.removeprefix("sqlite:///")) as database:
        return database.execute(
            "SELECT number, seed, test_acc, test_images FROM paretocaps_attempts attempts"
            " JOIN paretocaps_trials trials ON trials.id = trial_id WHERE test_acc IS NOT NULL"
        ).fetchall()


@pytest.fixture
def judgings(monkeypatch):
    """The trials and seeds that are judged, in order."""
    seen, judge = [], probe.judge
    monkeypatch.setattr(
        probe, "judge", lambda job, *rest: (seen.append((job.trial, job.seed)), judge(job, *rest))[1]
    )
    return seen


def test_the_front_is_judged_when_the_study_ends_and_nothing_else(run, storage, judgings):
    summary, watcher = run(**STUDY, trials=5, repeats=2)
    members = [member.trial for member in summary.front]
    assert 0 < len(members) < 5
    assert sorted(judgings) == sorted((number, seed) for number in members for seed in (0, 1))
    assert sorted((number, seed) for number, seed, _, images in judged(storage)) == sorted(judgings)
    assert all("test_acc" in member.values for member in summary.front)
    told = [line for line in watcher.notices if "test accuracy" in line]
    which = ", ".join(map(str, members))
    assert told == [
        "test accuracy measured on 50 images, once and for the front alone:"
        f" trial{'s' * (len(members) > 1)} {which} (`front --test` shows it)"
    ]


def test_what_was_judged_is_not_judged_again(run, storage, judgings):
    run(**STUDY, trials=3)
    before, first = judged(storage), list(judgings)
    summary, _ = run(**STUDY, trials=8)
    assert not set(first) & set(judgings[len(first) :])
    assert set(before) <= set(judged(storage))  # also of trials that have left the front
    assert {member.trial for member in summary.front} <= {number for number, *_ in judged(storage)}
    run(**STUDY, trials=8)
    assert len(judgings) == len(judged(storage))


def test_nothing_is_chosen_by_it(run, storage, monkeypatch):
    chosen, own = [], {"sampler": "tpe", "objectives": "acc,params", "designs": ()}
    for acc in (0.0, 1.0):
        monkeypatch.setattr(probe, "judge", lambda *_, acc=acc: JudgedTest(acc=acc, images=50))
        for trials in (
            START + 2,
            START + 6,
        ):  # the last ones are proposed when the first front has been judged
            run(**STUDY | own | {"study": f"s{acc}"}, trials=trials)
        trials = service.load_trials(f"s{acc}", storage)
        assert set(trials["test_acc"].dropna()) == {acc}
        chosen.append(trials["learning_rate"].tolist())
    assert chosen[0] == chosen[1]
    assert len(chosen[0]) == START + 6


def test_members_beyond_the_bounds_are_judged_on_demand(run, storage, judgings):
    run(**STUDY | {"require": ["acc>=1"]}, trials=3)
    assert judgings == []
    told = []
    front = service.load_front("s", storage, require=(), test=True, notice=told.append)
    assert {number for number, _ in judgings} == {member.trial for member in front}
    assert len(told) == 1
    assert all(member.estimate("test_acc").low is not None for member in front)
    service.load_front("s", storage, require=(), test=True, notice=told.append)
    assert len(told) == 1


def test_a_trainer_that_cannot_judge_measures_itself_if_anything_does(run, storage):
    run(trials=1)
    told = []
    front = service.load_front("s", storage, require=(), test=True, notice=told.append)
    assert not told
    assert "test_acc" not in front.members[0].values


def test_what_cannot_be_judged_is_told(run, storage, monkeypatch, judgings):
    monkeypatch.setattr(probe, "judge", lambda *_: "high")
    summary, watcher = run(**STUDY, trials=1)
    assert summary.finished == 1
    assert (
        "trial 0 was not judged on test images: trainer 'judged_probe' judged 'high'" in watcher.notices[-1]
    )
    with Store.open(storage, create=False) as store:
        store.trial("s", 0).attempts[0].weights.unlink()
        told = []
        Judging(store, StudySpec(**{**STUDY, "study": "s"}), told.append).judge([0])
    assert told == [
        "trial 0 was not judged on test images: its weights were not kept,"
        " `train --trial 0` trains and tests it again"
    ]


def test_the_time_limit_of_a_run_holds(run, storage, monkeypatch):
    def slow(job, weights, on_progress):
        raise TimeIsUpError("timeout=1s of the run was over")

    monkeypatch.setattr(probe, "judge", slow)
    summary, _ = run(**STUDY, trials=1)
    assert "timeout=1s" in summary.time_is_up


def test_what_ctrl_c_left_is_judged_by_the_next_run(run, storage, monkeypatch, judgings):
    def interrupted(job, weights, on_progress):
        raise KeyboardInterrupt

    judge = probe.judge
    monkeypatch.setattr(probe, "judge", interrupted)
    with pytest.raises(service.Interrupted, match="every finished trial is stored"):
        run(**STUDY, trials=1)
    assert judged(storage) == []
    monkeypatch.setattr(probe, "judge", judge)
    summary, _ = run(**STUDY, trials=1)
    assert summary.finished == len(judgings) == 1


@pytest.mark.parametrize("waits", [True, False])
def test_another_driver_that_judges_first_has_judged(run, storage, monkeypatch, judgings, waits):
    run(**STUDY | {"require": ["acc>=1"]}, trials=1)
    with Store.open(storage, create=False) as store:
        key = store.trial("s", 0).attempts[0].key

        def other(*_):
            store.record_judged(key, JudgedTest(acc=0.25, images=9))
            return nullcontext() if waits else JudgedTest(acc=0.75, images=50)

        place = ("paretocaps.search.judging.leased",) if waits else (probe, "judge")
        monkeypatch.setattr(*place, other)
        Judging(store, StudySpec(**{**STUDY, "study": "s"}), pytest.fail).judge([0])
    assert judged(storage) == [(0, 0, 0.25, 9)]
    assert judgings == []


def test_trainings_are_judged_at_once_where_that_is_needed():
    spec, trainer = StudySpec(), probe.JUDGED_PROBE
    published = StudySpec(published={"source": "a paper", "rows": {"slow": {"acc": 0.9}}})
    scaled_down = published.model_copy(update={"limit_train": 500})
    plain = Objective("acc", "maximize", "", "accuracy", images="validation")
    assert not judged_at_once(trainer, spec, [plain])
    assert judged_at_once(trainer, published, [plain])
    assert not judged_at_once(trainer, scaled_down, [plain])
    asked = scaled_down.model_copy(update={"test_each_training": True})
    assert judged_at_once(trainer, asked, [plain])
    assert judged_at_once(trainer, spec, [dataclasses.replace(plain, images="test")])
    assert judged_at_once(probe.PROBE, spec, [plain])
