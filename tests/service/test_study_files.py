import pytest

from paretocaps.errors import MissingError, StorageError
from paretocaps.service.study_files import study_file, study_files


def test_a_study_without_files_has_none_and_says_so(storage, tmp_path):
    assert [one for one in study_files("s", tmp_path, storage) if one.kind == "export"] == []
    with pytest.raises(MissingError, match="study 's' has no file '../x'"):
        study_file("s", "../x", tmp_path, storage)
    with pytest.raises(StorageError, match="no study 'nobody'"):
        study_files("nobody", tmp_path, storage)
