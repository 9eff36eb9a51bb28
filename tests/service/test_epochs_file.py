import errno
import io

from paretocaps.domain.measurement import EpochRecord
from paretocaps.service import epochs_file as module
from paretocaps.service.epochs_file import EpochsFile


def test_the_table_of_epochs_is_begun_anew_and_settled(tmp_path):
    records = [EpochRecord(epoch=n, acc=0.5, seconds=1.0, time=n, wall=n) for n in (1, 2)]
    path = tmp_path / "epochs.csv"
    for _ in range(2):
        table = EpochsFile(path)
        for record in records:
            table.add(record)
        assert path.read_text().count("\n") == 3
    table.settle(tuple(record.model_copy(update={"time": 9.0}) for record in records))
    assert ",9.0," in path.read_text()
    assert [p.name for p in tmp_path.iterdir()] == ["epochs.csv"]


def test_a_disk_that_is_full_for_a_while_loses_no_row(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    records = [EpochRecord(epoch=n, acc=0.5, seconds=1.0, time=n, wall=n) for n in (1, 2, 3)]
    table = EpochsFile(tmp_path / "epochs.csv")
    with monkeypatch.context() as patch:
        patch.setattr(module, "whole_file", full)
        table.add(records[0])
    assert not table.path.exists()
    for record in records[1:]:
        table.add(record)
    assert [line.split(",")[0] for line in table.path.read_text().splitlines()] == ["epoch", "1", "2", "3"]


class Full(io.StringIO):
    """A file on a full disk, which says so when it is closed."""

    def close(self):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_row_that_finds_no_room_when_the_file_is_closed_comes_later(tmp_path, monkeypatch):
    records = [EpochRecord(epoch=n, acc=0.5, seconds=1.0, time=n, wall=n) for n in (1, 2, 3)]
    table = EpochsFile(tmp_path / "epochs.csv")
    table.add(records[0])
    with monkeypatch.context() as patch:
        patch.setattr(type(table.path), "open", lambda *_: Full())
        table.add(records[1])
    table.add(records[2])
    assert [line.split(",")[0] for line in table.path.read_text().splitlines()] == ["epoch", "1", "2", "3"]
