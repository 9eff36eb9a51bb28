"""The named sets of images of a service."""

import os

import pytest

from paretocaps.errors import MissingError
from paretocaps.service.uploading import NamedSet, data_sets, find_upload, remove_upload
from paretocaps.service.uploading.sets import write_about

ABOUT = NamedSet(
    "upload:b", "upload", "ann", "2026-11-26T12:00:00+00:00", 3, 40, ("2 classes",), {"channels": 3}
)


@pytest.fixture
def folder(tmp_path):
    """A service's folder with two uploads, of which one was put there by hand."""
    for name in ("a", "b"):
        (tmp_path / "uploads" / name).mkdir(parents=True)
    write_about(tmp_path / "uploads" / "b", ABOUT)
    (tmp_path / "uploads" / ".0123.part").mkdir()
    return tmp_path


def test_uploads_and_then_folders_of_the_root_are_listed(folder, tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    (root / "photos").mkdir()
    (root / ".hidden").mkdir()
    (root / "file").touch()
    (root / "link").symlink_to("/etc")
    assert data_sets(folder, root) == [
        NamedSet("upload:a", "upload"),
        ABOUT,
        NamedSet("photos", "folder"),
    ]


def test_a_service_without_a_root_or_uploads_has_no_sets(tmp_path):
    assert data_sets(tmp_path, None) == []
    assert data_sets(tmp_path, tmp_path / "missing") == []


def test_an_upload_is_removed_whole(folder):
    remove_upload(folder, "b")
    assert sorted(os.listdir(folder / "uploads")) == [".0123.part", "a"]


@pytest.mark.parametrize("name", ["c", "../uploads/a", ".0123.part", "", "A"])
def test_an_unknown_upload_is_told_with_the_known_ones(folder, name):
    for asked in (find_upload, remove_upload):
        with pytest.raises(MissingError, match=r"no upload is called .* \(known: a, b\)"):
            asked(folder, name)
