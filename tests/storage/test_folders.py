import pytest
from sqlalchemy import update

from paretocaps.domain.job import Origin
from paretocaps.errors import StorageError
from paretocaps.host import NAME
from paretocaps.storage.folders import Artifacts, file_in
from paretocaps.storage.schema import ATTEMPTS

FILE = "weights.pt"


def set_columns(store, **values):
    """Write to the attempts as somebody else may have."""
    store._database.write(lambda connection: connection.execute(update(ATTEMPTS).values(**values)))


@pytest.fixture
def attempt(store, finish):
    """The finished attempt of a study, with weights that nothing needs."""
    finish(0, weights=FILE)

    def read():
        (found,) = store.trial("s", 0).attempts
        return found

    (read().folder / FILE).touch()
    return read


def unused(store):
    return [gone.path for gone in store.weights_unused("s", [])]


def test_weights_are_found_and_may_be_deleted(store, attempt):
    assert attempt().weights == attempt().folder / FILE
    assert unused(store) == [attempt().weights]


@pytest.mark.parametrize("folder", ["../..", "s/../../..", "/tmp/..", "a\0b"])
def test_a_folder_that_leaves_the_artifact_folder_is_refused(store, attempt, folder):
    set_columns(store, folder=folder)
    for read in (attempt, lambda: unused(store), lambda: store.known_folders("s")):
        with pytest.raises(
            StorageError, match="leads out of '.*paretocaps-artifacts': the database was altered"
        ):
            read()


def test_an_absolute_folder_needs_the_job_of_the_training_and_is_never_deleted_from(
    store, attempt, write_job, tmp_path
):
    place = tmp_path / "elsewhere"
    place.mkdir()
    (place / FILE).touch()
    set_columns(store, folder=str(place))
    choices = store.trial("s", 0).choices
    assert (attempt().folder, attempt().weights, unused(store)) == (None, None, [])
    write_job(place, choices=choices, seed=1)
    assert attempt().folder is None
    write_job(place, choices={"other": 1})
    assert attempt().folder is None
    write_job(place, choices=choices, study="t")
    assert attempt().folder is None
    write_job(place, choices=choices)
    assert (attempt().folder, attempt().weights, unused(store)) == (place, place / FILE, [])


def test_a_folder_of_another_database_is_not_of_a_running_study_with_other_settings(
    store, attempt, write_job, tmp_path
):
    place, choices = tmp_path / "elsewhere", store.trial("s", 0).choices
    place.mkdir()
    set_columns(store, folder=str(place))
    store.set_origin(Origin(storage="here.db", identity="1", data="2"))
    for origin, taken in [
        (None, False),
        (Origin(storage="there.db", identity="0", data="2"), False),
        (Origin(storage="there.db", identity="1", data="3"), False),
        (Origin(storage="there.db", identity="1", data="2"), True),
    ]:
        write_job(place, choices=choices, origin=origin)
        assert attempt().folder == (place if taken else None)


@pytest.mark.parametrize("name", ["../x", "/etc/hostname", "link", "a\0b", "."])
def test_weights_outside_of_the_folder_are_not_read_and_not_deleted(store, attempt, name, tmp_path):
    (attempt().folder.parent / "x").touch()
    (attempt().folder / "link").symlink_to(tmp_path / "test.db")
    set_columns(store, weights=name)
    assert attempt().weights is None
    assert unused(store) == []


def test_a_link_in_the_artifact_folder_leads_nowhere_else(store, attempt, tmp_path):
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / FILE).touch()
    (store.artifacts / "s" / "link").symlink_to(tmp_path / "private")
    set_columns(store, folder="s/link")
    assert (attempt().folder, attempt().weights, unused(store)) == (None, None, [])


def test_weights_of_another_machine_are_said_to_be_there_unless_they_can_be_read_here(
    store, attempt, write_job, monkeypatch
):
    monkeypatch.setenv(NAME, "second")
    host = attempt().host
    assert (attempt().weights, attempt().weights_elsewhere, unused(store)) == (None, host, [])
    write_job(store.artifacts / "s" / "trial-00000" / "seed-0-attempt-1", choices=store.trial("s", 0).choices)
    assert attempt().weights_elsewhere is None
    assert unused(store) == [attempt().weights]


def test_new_trainings_are_in_the_named_folder_wherever_they_are_read(store, url, write_job, tmp_path):
    store.start_trial("s", 1, {"a": 1})
    with type(store).open(url, create=True, artifacts=tmp_path / "shared") as named:
        key = named.start_attempt("s", 1, 0)
        folder = named.attempt_folder(key)
        assert folder == tmp_path / "shared" / "s" / "trial-00001" / "seed-0-attempt-1"
        assert named.trial("s", 1).attempts[0].folder == named.last_folder("s") == folder
    write_job(folder, choices={"a": 1})
    assert store.trial("s", 1).attempts[0].folder == folder


def test_a_folder_is_stored_relative_only_in_its_home(tmp_path):
    artifacts = Artifacts(tmp_path / "home", tmp_path / "new")
    assert artifacts.stored(tmp_path / "home" / "a" / ".." / "b") == "b"
    assert artifacts.stored(tmp_path / "home" / ".." / "b") == str(tmp_path / "b")
    of_server = artifacts._replace(beside=False)
    assert of_server.stored(tmp_path / "home" / "b") == str(tmp_path / "home" / "b")


def test_no_file_is_in_no_folder(tmp_path):
    assert file_in(None, "x") is file_in(tmp_path, None) is file_in(tmp_path, "") is None
    assert file_in(tmp_path, "x") == tmp_path / "x"
