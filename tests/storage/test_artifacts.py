import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.storage.artifacts import artifacts_folder, attempt_name, new_folder, safe_name

NAMES = st.text(min_size=1, max_size=200)


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("sqlite:///studies/paretocaps.db", "studies/paretocaps-artifacts"),
        ("sqlite:///x.db", "x-artifacts"),
        ("sqlite:////data/my.v2.db", "/data/my.v2-artifacts"),
        ("sqlite:///x.sqlite", "x.sqlite-artifacts"),
    ],
)
def test_the_folder_lies_beside_the_database(url, folder):
    assert artifacts_folder(url) == Path(folder)


def test_each_attempt_has_its_own_folder():
    folders = {
        attempt_name(AttemptKey(study, number, seed, attempt))
        for study in ("a", "A", "b")
        for number in (0, 1)
        for seed in (0, 1)
        for attempt in (1, 2)
    }
    assert len(folders) == 24
    assert Path("a/trial-00001/seed-0-attempt-2") in folders


@given(NAMES)
def test_a_safe_name_is_one_lower_case_path_component(name):
    assert re.fullmatch(r"[a-z0-9_-][a-z0-9._-]{0,120}", safe_name(name))


@given(NAMES, NAMES)
def test_different_names_stay_different(one, other):
    assert (safe_name(one) == safe_name(other)) == (one == other)


@pytest.mark.parametrize("name", ["default", "mnist-3", "a.b_c"])
def test_a_plain_name_stays_as_it_is(name):
    assert safe_name(name) == name


def test_a_new_folder_is_never_one_that_exists(tmp_path):
    wanted = tmp_path / "s" / "seed-0-attempt-1"
    made = [new_folder(wanted) for _ in range(3)]
    assert [path.name for path in made] == ["seed-0-attempt-1", "seed-0-attempt-1.2", "seed-0-attempt-1.3"]
    assert {path.stat().st_mode & 0o777 for path in (*made, wanted.parent)} == {0o700}
    (tmp_path / "file").touch()
    assert new_folder(tmp_path / "file" / "x") == tmp_path / "file" / "x"


def test_of_a_link_the_folder_lies_beside_the_database(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "caps.db").touch()
    link = tmp_path / "link.db"
    link.symlink_to(tmp_path / "data" / "caps.db")
    url = f"sqlite:///{link}"
    assert artifacts_folder(url) == tmp_path / "data" / "caps-artifacts"
    (tmp_path / "link-artifacts").mkdir()  # as earlier versions made it
    assert artifacts_folder(url) == tmp_path / "link-artifacts"
    (tmp_path / "data" / "caps-artifacts").mkdir()
    assert artifacts_folder(url) == tmp_path / "data" / "caps-artifacts"
