from dataclasses import replace
from types import SimpleNamespace

import pytest

from paretocaps.service.supervising import work
from paretocaps.storage.submissions import NewSubmission


@pytest.fixture
def of(turn, store):
    """Let the turn be of a submission of a kind with these options."""

    def make(kind, study="s", **options):
        turn.submission = store.add_submission(NewSubmission(kind, study, options))
        return turn

    return make


def test_a_study_runs_in_the_service_s_database(of, turn, monkeypatch, url):
    asked = {}

    def optimize(options, observer):
        asked.update(options)
        counts = dict.fromkeys(("finished", "failed", "stopped", "rejected", "collapsed"), 1)
        return SimpleNamespace(**counts, front=[1, 2], ended="", time_is_up="", exhausted=True)

    monkeypatch.setattr(work, "optimize", optimize)
    reason, result = work.run_study(of("study", "new", trials=3, timeout="1h", dataset="digits"))
    assert asked == {
        "study": "new", "storage": url, "trials": 3, "timeout": 3600.0, "dataset": "digits"
    }  # fmt: skip
    assert (reason, result["front"], result["finished"]) == ("every point of its space was tried", 2, 1)


def test_a_time_limit_is_told_as_it_was_asked_for(of, monkeypatch):
    def optimize(options, observer):
        counts = dict.fromkeys(("finished", "failed", "stopped", "rejected", "collapsed"), 1)
        over = f"timeout={options['timeout']:g}s of the run was over: go on with"
        return SimpleNamespace(**counts, front=[], ended="", time_is_up=over, exhausted=False)

    monkeypatch.setattr(work, "optimize", optimize)
    turn = of("study", "new", trials=3, timeout="10m")
    turn.submission = replace(turn.submission, seconds=563.0)
    assert work.run_study(turn)[0] == "timeout=10m of all its turns was over"


def test_a_training_has_a_folder_of_its_own(of, task, monkeypatch):
    monkeypatch.setattr(work, "pick_trial", lambda storage, study, trial: SimpleNamespace(trial=trial))
    given = []

    def train(options, picked, watcher):
        given.append(options)
        rows = {"acc": 0.9, "folder": options.output, "choices": {}, "data": "/srv/uploads/flowers"}
        return SimpleNamespace(as_dict=lambda: rows, weights=None)

    monkeypatch.setattr(work, "train", train)
    turn = of("training", trial=4, epochs=9, seed=5)
    _, result = work.train_trial(turn)
    folder = task.folder / "trainings" / str(turn.submission.id)
    assert (given[0].output, given[0].epochs, given[0].resume) == (str(folder), 9, True)
    assert given[0].seed == 5, "that of this training, not of the one that is picked"
    place = f"trainings/{turn.submission.id}"
    assert result == {"acc": 0.9, "folder": place, "data": "flowers", "weights": None, "trial": 4}


@pytest.mark.parametrize(
    ("options", "name"), [({"trial": 4}, "s-trial-4"), ({"trial": 4, "training": 7}, "s-training-7")]
)
def test_an_export_is_a_folder_and_a_file(of, task, monkeypatch, options, name):
    def export(what, own, talk):
        folder = task.folder.parent / own.output
        folder.mkdir(parents=True)
        (folder / "network.json").write_text("{}")
        return SimpleNamespace(checked_on="test")

    monkeypatch.setattr(work, "pick_trial", lambda storage, study, **which: SimpleNamespace(**which))
    monkeypatch.setattr(work, "export_trial", export)
    monkeypatch.setattr(work, "export_run", export)
    turn = of("export", onnx=False, **options)
    _, result = work.export_network(turn)
    place = f"exports/{turn.submission.id}/{name}"
    assert result == {"folder": place, "file": f"{place}.zip", "checked_on": "test", "trial": 4}
    assert (task.folder / result["file"]).is_file()
