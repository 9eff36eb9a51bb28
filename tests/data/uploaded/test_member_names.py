"""Where a file of an archive may be unpacked."""

from pathlib import PurePosixPath

import pytest

from paretocaps.data.uploaded.member_names import member_path, shown
from paretocaps.errors import DataError


@pytest.mark.parametrize("name", ["daisy/0.png", "./daisy/0.png", "daisy\\0.png", "daisy//./0.png"])
def test_one_place_has_several_names(name):
    assert member_path(name) == PurePosixPath("daisy/0.png")


@pytest.mark.parametrize("name", ["Gänseblümchen/1.png", "雏菊/一.png", "my photos/1 (2).png"])
def test_names_of_every_language_stay(name):
    assert str(member_path(name)) == name


@pytest.mark.parametrize("name", [".DS_Store", "daisy/.hidden", "__MACOSX/daisy/0.png", ".", ""])
def test_what_no_data_set_has_is_left_out(name):
    assert member_path(name) is None


@pytest.mark.parametrize("name", ["../a", "a/../../b", "/a", "\\a", "a/..", "a\0b", "a\udcffb", "x" * 256])
def test_other_names_are_refused(name):
    with pytest.raises(DataError):
        member_path(name)


def test_a_long_name_is_shown_short_and_in_ascii():
    assert shown("ä" + "x" * 100) == f"'\\xe4{'x' * 76}...'"
