"""The data of a submitted study are in the data root or an upload, and nowhere else."""

import pytest

from paretocaps.errors import DataError, MissingError
from paretocaps.service.uploading import data_path


@pytest.fixture
def root(tmp_path):
    """A data root with folders, beside one that is outside."""
    for name in ("root/photos/daisy", "root/other", "outside/daisy", "service/uploads/flowers"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "root" / "file").touch()
    return tmp_path / "root"


@pytest.mark.parametrize("given", ["photos", "photos/daisy", "./photos", "photos/"])
def test_a_folder_of_the_root_is_found(root, given):
    found = data_path(root, given, root.parent / "service")
    assert found == (root / given).resolve()


def test_an_upload_is_found_with_and_without_a_root(root):
    service = root.parent / "service"
    place = (service / "uploads" / "flowers").resolve()
    assert data_path(root, "upload:flowers", service) == data_path(None, "upload:flowers", service) == place


@pytest.mark.parametrize(
    "given", ["../outside", "photos/../../outside", "/etc", "~/photos", "..", "a\0b", "photos/.."]
)
def test_a_path_out_of_the_root_is_refused_whether_or_not_there_is_something(root, given):
    with pytest.raises(DataError, match="is not in the data root: name a folder relative to it, or upload:"):
        data_path(root, given, root.parent / "service")


@pytest.mark.parametrize("target", ["../outside", "/etc", "../missing"])
def test_a_link_out_of_the_root_is_refused(root, target):
    (root / "link").symlink_to(target)
    with pytest.raises(DataError, match="'link' is not in the data root"):
        data_path(root, "link", root.parent / "service")


@pytest.mark.parametrize("target", ["../../../outside/daisy", "/etc/passwd"])
def test_a_link_out_of_the_root_deep_in_a_folder_is_refused(root, target):
    (root / "photos" / "daisy" / "link").symlink_to(target)
    with pytest.raises(DataError, match="has the link 'daisy/link', which leads out of the data root"):
        data_path(root, "photos", root.parent / "service")


def test_links_within_the_root_are_followed(root):
    (root / "photos" / "rose").symlink_to("../other")
    (root / "alias").symlink_to("photos")
    (root / "other" / "circle").symlink_to("../photos")
    assert data_path(root, "alias", root.parent / "service") == root / "photos"
    (root / "other" / "link").symlink_to("/etc")
    with pytest.raises(DataError, match="has the link 'rose/link', which leads out of the data root"):
        data_path(root, "photos", root.parent / "service")


def test_what_is_missing_is_told(root):
    with pytest.raises(DataError, match="data='missing' is no folder of the data root"):
        data_path(root, "missing", root.parent / "service")
    with pytest.raises(DataError, match="data='file' is no folder of the data root"):
        data_path(root, "file", root.parent / "service")
    with pytest.raises(DataError, match="this service has no data root; upload the images"):
        data_path(None, "photos", root.parent / "service")
    with pytest.raises(MissingError, match="no upload is called 'flower': did you mean 'flowers'?"):
        data_path(root, "upload:flower", root.parent / "service")


def test_a_name_that_no_folder_can_have_is_refused(root):
    with pytest.raises(DataError, match="is no folder of the data root"):
        data_path(root, "a" * 5000, root.parent / "service")
