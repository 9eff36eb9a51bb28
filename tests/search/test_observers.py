from types import SimpleNamespace

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


def test_one_observer_stays_itself_and_none_does_nothing():
    watcher = Observer()
    assert observer_of(watcher) is watcher
    assert observer_of(None).notice("nobody listens") is None
