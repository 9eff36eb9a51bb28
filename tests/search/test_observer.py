import inspect
from types import SimpleNamespace

from paretocaps.search.observer import Observer


def test_whoever_watches_need_not_listen_to_everything():
    """Every method of the base does nothing, whatever it is told; one of them is a notice."""
    watcher = Observer()
    for name, method in inspect.getmembers(watcher, inspect.ismethod):
        arguments = [SimpleNamespace(trial=3)] * len(inspect.signature(method).parameters)
        assert getattr(watcher, name)(*arguments) is None
