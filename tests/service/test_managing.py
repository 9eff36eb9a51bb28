import errno
import json
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from paretocaps import service
from paretocaps.errors import StorageError, UsageError
from paretocaps.search.driver import Driver
from paretocaps.service import fronts
from paretocaps.storage.store import Store


def copied_to(folder, storage):
    """Copy a database and its files to a folder; return the copy's URL."""
    source = Path(storage.removeprefix("sqlite:///"))
    shutil.copy(source, folder / source.name)
    shutil.copytree(source.with_name("test-artifacts"), folder / "test-artifacts")
    return f"sqlite:///{folder / source.name}"


@pytest.fixture
def own(storage, tmp_path):
    """A copy of the database with the study `s`, and of its files."""
    return copied_to(tmp_path, storage)


@pytest.fixture
def weighty(trained, tmp_path):
    """A copy of a database with the study `s` of a network whose weights are kept."""
    return copied_to(tmp_path, trained)


def kept_weights(storage, study):
    """The weights that a study keeps, by trial, and the studies that their jobs name."""
    with Store.open(storage, create=False) as store:
        kept = {
            (t.number, one.key.seed): one for t in store.trials(study) for one in t.attempts if one.weights
        }
    studies = {json.loads((one.folder / "job.json").read_text())["study"] for one in kept.values()}
    return {key: one.weights for key, one in kept.items()}, studies


def test_studies_have_their_state_front_and_size(own):
    (row,) = service.studies(own)
    assert (row["study"], row["finished"], row["wanted"], row["state"]) == ("s", 6, 6, "complete")
    assert row["front"] == len(service.load_front("s", own))
    assert row["bytes"] > 0
    assert row["data"]


def test_a_study_that_a_driver_runs_is_running_and_is_neither_renamed_nor_deleted(own, monkeypatch):
    monkeypatch.setenv("PARETOCAPS_BEAT", "0.05")
    said = []
    with Store.open(own, create=False) as store, Driver(store, "s"):
        assert service.studies(own)[0]["state"] == "running"
        for end in (lambda: service.rename("s", "t", own, said.append), lambda: service.delete("s", own)):
            with pytest.raises(UsageError, match="runs study 's': end it first"):
                end()
    assert [text.split(",")[0] for text in said] == ["looking whether the driver of the study still runs"]
    assert service.study_names(own) == ["s"]


def test_a_renamed_study_keeps_its_weights(weighty):
    before, studies = kept_weights(weighty, "s")
    assert (len(before), studies) == (1, {"s"})
    service.rename("s", "t", weighty)
    assert kept_weights(weighty, "t") == (before, {"t"})
    assert all(path.exists() for path in before.values())


def test_a_renamed_study_has_its_front_and_goes_on(own):
    before = service.load_front("s", own)
    service.rename("s", "t", own)
    assert service.study_names(own) == ["t"]
    after = service.load_front("t", own)
    assert [m.trial for m in after] == [m.trial for m in before]
    with Store.open(own, create=False) as store:
        assert store.study("t").spec["study"] == "t"
        assert [one.spec["study"] for one in store.standings()] == ["t"]
    again = service.optimize({"study": "t", "storage": own, "executor": "inline", "trials": 7})
    assert again.finished == 7


def test_a_copy_has_files_of_its_own(weighty):
    assert service.copy("s", "t", weighty) == 1
    (kept, _), (copied, studies) = kept_weights(weighty, "s"), kept_weights(weighty, "t")
    assert (len(kept), copied.keys(), studies) == (1, kept.keys(), {"t"})
    for key, path in copied.items():
        assert path != kept[key]
        assert path.read_bytes() == kept[key].read_bytes()
    service.delete("s", weighty)
    assert all(path.exists() for path in copied.values())
    assert not any(path.exists() for path in kept.values())


def test_a_copy_has_the_weights_that_were_kept_until_it_was_made(weighty, monkeypatch):
    with Store.open(weighty, create=False) as store:
        (trained,) = store.trial("s", 0).attempts
        store.forget_weights(trained.key)
    copy_study = Store.copy_study

    def copy_meanwhile(self, study, new):
        """A training of the original ends before its rows are copied, and another one afterwards."""
        self.set_folder(trained.key, trained.folder, trained.weights.name)
        copy_study(self, study, new)
        later = self.start_attempt("s", 0, 1)
        self.finish_attempt(later, trained.measurement)
        self.set_folder(later, trained.folder, trained.weights.name)

    monkeypatch.setattr(Store, "copy_study", copy_meanwhile)
    service.copy("s", "t", weighty)
    assert (kept_weights(weighty, "s")[0].keys(), kept_weights(weighty, "t")[0].keys()) == (
        {(0, 0), (0, 1)},
        {(0, 0)},
    )
    with Store.open(weighty, create=False) as store:
        assert [path.name for path in (store.artifacts / "t").rglob("seed-*")] == ["seed-0-attempt-1"]


def test_a_copy_whose_weights_find_no_room_says_so(weighty, monkeypatch):
    def full(_, target):
        raise OSError(errno.ENOSPC, "No space left on device", target)

    monkeypatch.setattr(shutil, "copy2", full)
    message = (
        r"has all trials, but the weights of 1 training were not copied: '.*' cannot be written: .*space"
    )
    with pytest.raises(StorageError, match=message):
        service.copy("s", "t", weighty)


def test_a_copy_whose_weights_cannot_be_written_says_so(weighty, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", "here")

    monkeypatch.setattr(shutil, "copytree", refused)
    with pytest.raises(StorageError, match="of 1 training were not copied: .*Permission denied"):
        service.copy("s", "t", weighty)


def test_a_copy_that_is_interrupted_says_what_it_lacks(weighty):
    def interrupt(what, done, total):
        raise KeyboardInterrupt

    message = "study 't' has all trials, but not all of their weights: delete it, and copy 's' again"
    with pytest.raises(service.Interrupted, match=message):
        service.copy("s", "t", weighty, interrupt)
    service.delete("t", weighty)
    assert service.copy("s", "t", weighty) == 1


@pytest.mark.parametrize("there", [False, True])
def test_a_copy_that_is_interrupted_before_it_is_one_tells_nothing_of_it(weighty, monkeypatch, there):
    def interrupt(*_):
        raise KeyboardInterrupt

    if there:
        service.copy("s", "t", weighty)
    monkeypatch.setattr(Store, "copy_study", interrupt)
    with pytest.raises(KeyboardInterrupt):
        service.copy("s", "t", weighty)


def test_a_study_is_renamed_with_its_files_before_ctrl_c_has_an_effect(weighty, monkeypatch):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    renamed = Store.rename_study

    def rename(*given):
        signal.raise_signal(signal.SIGINT)
        renamed(*given)

    monkeypatch.setattr(Store, "rename_study", rename)
    try:
        with pytest.raises(service.Interrupted, match="study 's' was renamed: it is called 't' now"):
            service.rename("s", "t", weighty)
    finally:
        signal.signal(signal.SIGINT, before)
    assert kept_weights(weighty, "t")[1] == {"t"}


def test_a_copy_whose_files_cannot_be_named_says_so(weighty):
    with closing(sqlite3.connect(weighty.removeprefix("sqlite:///"))) as altered, altered:
        altered.execute("UPDATE paretocaps_attempts SET folder = '../elsewhere' WHERE folder IS NOT NULL")
    message = "study 't' has all trials, but no weights were copied: .*; delete it, and copy 's' again"
    with pytest.raises(StorageError, match=message):
        service.copy("s", "t", weighty)


def test_what_is_deleted_is_said_before(own):
    lost = service.extent("s", own)
    assert (lost.trials, lost.bytes > 0) == (6, True)
    service.delete("s", own)
    assert service.study_names(own) == []
    folder = Path(own.removeprefix("sqlite:///")).with_name("test-artifacts")
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_name_without_a_study_or_that_is_none_is_refused(own):
    with pytest.raises(StorageError, match="no study 'x'"):
        service.delete("x", own)
    with pytest.raises(UsageError, match="is not a name"):
        service.rename("s", "a/b", own)
    with pytest.raises(UsageError, match="is not a name"):
        service.copy("s", "", own)


def test_a_study_that_is_deleted_while_studies_are_listed_is_left_out(own, monkeypatch):
    service.copy("s", "gone", own)
    front_of = fronts.front_of

    def deleted(store, study):
        if study == "gone":
            service.delete("gone", own)
        return front_of(store, study)

    monkeypatch.setattr(fronts, "front_of", deleted)
    assert [row["study"] for row in service.studies(own)] == ["s"]
