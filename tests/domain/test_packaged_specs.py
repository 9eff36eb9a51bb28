from pathlib import Path

import pytest

from paretocaps.domain.packaged_specs import packaged_specs, packaged_text, title
from paretocaps.domain.study_file import read_study_file, resolve_spec
from paretocaps.errors import UnknownNameError

FOLDER = Path(__file__).resolve().parents[2] / "studies"


def test_the_folder_of_the_repository_has_the_same_files():
    found = {file.stem: file.read_text() for file in FOLDER.glob("*.toml")}
    assert found == {name: packaged_text(name) for name in packaged_specs()}


def test_one_is_read_by_its_name_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = resolve_spec({}, read_study_file("paretocaps:quickstart"))
    assert (spec.study, spec.dataset, spec.trials) == ("demo", "digits", 24)


def test_a_name_that_is_mistyped_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="unknown study file of the package 'quick': did you mean"):
        read_study_file("paretocaps:quick")


@pytest.mark.parametrize("name", ["../study_file.py", "", "specs/quickstart"])
def test_a_name_cannot_leave_the_folder(name):
    with pytest.raises(UnknownNameError):
        packaged_text(name)


def test_the_title_is_the_first_paragraph_of_the_head():
    assert title("# one\n# two\n#\n# three\nstudy = 1\n") == "one two"
    assert title("study = 1\n# one\n") == ""
    assert all(title(packaged_text(name)) for name in packaged_specs())
