import errno

import pytest

from paretocaps.training import checkpoint_writer
from paretocaps.training.checkpoint_writer import CheckpointWriter


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def writer(job, clock, monkeypatch):
    """Make a writer whose checkpoints take no time and go nowhere, until `full` is set."""
    states = []

    def save(job, splits, state):
        if state == "full":
            raise OSError(errno.ENOSPC, "No space left on device", "checkpoint.pt")
        states.append(state)

    monkeypatch.setattr(checkpoint_writer, "save_checkpoint", save)

    def make(every=None, **options):
        made = job().model_copy(update={"checkpoints": True, "checkpoint_every": every})
        return CheckpointWriter(made, None, clock=clock, **options)

    return make


def test_every_epoch_of_a_second_or_more_is_kept(writer, clock):
    made = writer()
    assert not made.due(whole_epoch=True)
    clock.now = 1.0
    assert made.due(whole_epoch=True)
    assert not made.due(whole_epoch=False)
    made.write({})
    assert not made.due(whole_epoch=True)


@pytest.mark.parametrize(("every", "seconds"), [(None, 600.0), (30.0, 30.0)])
def test_a_long_epoch_is_kept_every_so_often(writer, clock, every, seconds):
    made = writer(every)
    clock.now = seconds - 1
    assert not made.due(whole_epoch=False)
    clock.now = seconds
    assert made.due(whole_epoch=False)
    made.write({})
    assert not made.due(whole_epoch=False)


def test_nothing_is_written_unasked(job, clock):
    made = CheckpointWriter(job(), None, clock=clock)
    clock.now = 1e6
    assert not made.due(whole_epoch=True)
    assert not made.due(whole_epoch=False)


def test_a_checkpoint_that_cannot_be_written_is_a_remark(writer, clock, capsys):
    made = writer()
    made.write("full")
    said = "could not be written, and the training went on without (No space left on device: free some space)"
    assert made.remarks == (f"1 checkpoint {said}",)
    assert capsys.readouterr().err == f"1 checkpoint {said}\n"
    made.write({})
    made.write("full")
    assert made.remarks == (f"2 checkpoints {said}",)
