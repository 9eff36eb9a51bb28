import pytest

from paretocaps.service.supervising.needs import missing
from paretocaps.service.uploading.sets import uploads_folder
from paretocaps.storage.submissions import NewSubmission


@pytest.mark.parametrize(
    ("kind", "options", "lacks", "place"),
    [
        ("study", {"data": "upload:pets"}, "the data 'upload:pets'", "service/data/pets"),
        ("study", {"data": "scans/new"}, "the data 'scans/new'", "root/scans/new"),
        ("export", {"trial": 0, "training": 7}, "the training 7", "service/trainings/7"),
    ],
)
def test_what_lies_in_a_folder_is_needed_there(store, tmp_path, kind, options, lacks, place):
    one = store.add_submission(NewSubmission(kind, "s", options))
    folder, root = tmp_path / "service", tmp_path / "root"
    assert missing(one, folder, root) == lacks
    found = uploads_folder(folder) / "pets" if "pets" in place else tmp_path / place
    found.mkdir(parents=True)
    assert missing(one, folder, root) == ""
    if "root" in place:
        assert missing(one, folder, None) == lacks


@pytest.mark.parametrize(
    ("kind", "options"),
    [("study", {}), ("study", {"dataset": "digits"}), ("training", {"trial": 0}), ("export", {"trial": 0})],
)
def test_others_need_nothing(store, tmp_path, kind, options):
    assert missing(store.add_submission(NewSubmission(kind, "s", options)), tmp_path, None) == ""


def test_a_folder_that_cannot_be_looked_at_is_not_here(store, tmp_path):
    name = "x" * 300  # too long for a file system, which says so by an error
    one = store.add_submission(NewSubmission("study", "s", {"data": name}))
    assert missing(one, tmp_path, tmp_path).startswith("the data 'xxx")
