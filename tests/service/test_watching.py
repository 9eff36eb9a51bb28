import pytest

from paretocaps.errors import StorageError
from paretocaps.service import queueing, watching


def submit(url, folder):
    options = {"dataset": "digits", "trainer": "replay", "objectives": "acc,params", "trials": 2, "epochs": 5}
    queueing.submit("study", "s", options, url, places=queueing.Places(folder))


def test_events_begin_with_the_submission(tmp_path):
    url = f"sqlite:///{tmp_path}/x.db"
    submit(url, tmp_path)
    queueing.pause("s", url)
    found = watching.events("s", url)
    assert [(event.number, event.kind, event.payload["state"]) for event in found] == [
        (1, "state", "queued"),
        (2, "state", "paused"),
    ]
    assert watching.events("s", url, after=2) == []


def test_an_unknown_study_is_named(tmp_path):
    url = f"sqlite:///{tmp_path}/x.db"
    submit(url, tmp_path)
    with pytest.raises(StorageError, match="no study 'other'"):
        watching.events("other", url)
