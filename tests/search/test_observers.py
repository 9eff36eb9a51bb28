from types import SimpleNamespace

import pytest

from paretocaps.errors import UsageError
from paretocaps.search.observer import Observer
from paretocaps.search.observers import observer_of


def test_several_observers_have_every_event_each_in_its_own_way():
    """One that overrides nothing passes a training that goes on to its own `notice`."""
    said, resumed = [], []

    class Listens(Observer):
        def notice(self, message):
            said.append(message)

    class Counts(Observer):
        def training_resumed(self, job, earlier):
            resumed.append(earlier)

    together = observer_of([Listens(), Counts()])
    together.training_resumed(SimpleNamespace(trial=3), 1)
    together.notice("hello")
    assert said == ["trial 3 goes on from the checkpoint of attempt 1", "hello"]
    assert resumed == [1]


def test_one_observer_stays_itself_and_without_any_remarks_are_warnings(caplog):
    watcher = Observer()
    assert observer_of(watcher) is watcher
    nobody, job = observer_of(None), SimpleNamespace(trial=3)
    nobody.notice("trial 2 was recovered")
    for done in range(3):
        nobody.progress(job, "waits for cpu", 0, 0)
        nobody.progress(job, "epoch 1", done, 3)
    assert caplog.messages == ["trial 2 was recovered", "trial 3 waits for cpu"]


@pytest.mark.parametrize("given", [Observer, "watcher", [Observer(), None]])
def test_what_is_no_observer_is_refused(given):
    with pytest.raises(UsageError, match=r"observer=.* is not understood: give an object of a class of"):
        observer_of(given)
