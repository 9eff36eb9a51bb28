from pathlib import Path
from types import SimpleNamespace

import pytest

from paretocaps.domain.measurement import EpochRecord
from paretocaps.domain.remaining import Remaining
from paretocaps.service.supervising.watchers import StudyWatcher, TrainWatcher


def job(trial=0, seed=1):
    return SimpleNamespace(trial=trial, seed=seed, folder=Path("nowhere"))


def test_a_study_s_watcher_notes_what_is_done_and_what_remains(turn, store):
    watcher = StudyWatcher(turn)
    watcher.preparing("reading images", 1, 9)
    assert turn.result == {"doing": "reading images"}
    watcher.trial_started(job(), None)
    watcher.remains(Remaining(trials=2, seconds=4.0))
    assert turn.result["remaining"]["trials"] == 2
    watcher.notice("a design is left out")
    assert store.events("s")[-1].payload["text"] == "a design is left out"


def test_waits_for_a_device_are_told_once_and_end_with_the_training(turn, store):
    study, training = StudyWatcher(turn), TrainWatcher(turn)
    study.preparing("waits for cpu", 0, 0)
    assert turn.result["doing"] == "waits for cpu"
    study.preparing("timing steps", 0, 0)
    training.started(job(), "ws")
    training.progress(job(), "waits for cpu: process 7 trains there", 0, 0)
    training.notice("waits for cpu: process 7 trains there")
    training.progress(job(), "starting", 0, 0)
    assert "doing" not in turn.result
    told = [one.payload["text"] for one in store.events("s") if one.kind == "notice"]
    assert [text.partition(" ")[0] for text in told] == ["waits", "waited"] * 2


@pytest.mark.parametrize(
    "end",
    [
        lambda one: one.training_ended(SimpleNamespace(key=job())),
        lambda one: one.trial_finished(0, {}),
        lambda one: one.trial_failed(0, "no"),
        lambda one: one.trial_stopped(0, "beaten"),
        lambda one: one.seed_failed(0, 1, "no"),
    ],
)
def test_a_study_is_left_when_its_training_ended_however(turn, end):
    watcher = StudyWatcher(turn)
    watcher.trial_started(job(), None)
    turn.gives_way = True
    watcher.remains(Remaining(trials=2))
    end(watcher)
    with pytest.raises(KeyboardInterrupt):
        watcher.remains(Remaining(trials=2))


def test_the_epochs_of_a_training_are_told_once(turn, store):
    for _ in range(2):  # the second one goes on from a checkpoint
        watcher = TrainWatcher(turn)
        watcher.started(job(4, 7), "ws")
        for number in (1, 2):
            loss = float("nan") if number == 1 else 0.5
            watcher.epoch(
                job(4, 7), EpochRecord(epoch=number, acc=0.5, train_loss=loss, seconds=1, time=1, wall=1)
            )
    told = [event.payload for event in store.events("s") if event.kind == "epoch"]
    assert [(one["submission"], one["trial"], one["epoch"]) for one in told] == [(1, 4, 1), (1, 4, 2)]
    assert [one["train_loss"] for one in told] == [None, 0.5]
