import torch

from paretocaps.models.watched_operations import OperationWatcher, is_watched


class Names(OperationWatcher):
    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.names.append(function.__name__)
        return function(*args, **(kwargs or {}))


def test_operations_are_watched_inside_the_block():
    assert not is_watched()
    with Names() as watcher:
        assert is_watched()
        torch.ones(2) + torch.ones(2)
    assert not is_watched()
    assert watcher.names == ["ones.default", "ones.default", "add.Tensor"]
