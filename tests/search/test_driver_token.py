import re

import pytest

from paretocaps.search import driver_token
from paretocaps.search.driver_token import machine_restarted, new_token


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A machine that a test names and starts again: `machine(start="2")`."""
    files = {"machine": tmp_path / "machine-id", "start": tmp_path / "boot_id"}
    monkeypatch.setattr(driver_token, "_MACHINE", files["machine"])
    monkeypatch.setattr(driver_token, "_START", files["start"])

    def named(**texts):
        for name, text in texts.items():
            files[name].write_text(f"{text}\n")

    named(machine="m", start="1")
    return named


def test_a_name_is_new_and_tells_neither_machine_nor_start():
    names = [new_token() for _ in range(100)]
    assert len({name[:7] for name in names}) == 100, "samplers are seeded with its first digits"
    assert all(re.fullmatch("[0-9a-f]{32}", name) for name in names)


def test_a_process_has_ended_once_its_machine_was_started_again(machine):
    name = new_token()
    assert not machine_restarted(name)
    machine(start="2")
    assert machine_restarted(name)
    assert not machine_restarted(new_token())


def test_nothing_is_known_of_a_process_of_another_machine_or_of_an_earlier_version(machine):
    name = new_token()
    machine(machine="other", start="2")
    assert not machine_restarted(name)
    assert not machine_restarted("6f1ed002ab5595859014ebf0951522d9")
    assert not machine_restarted("")


def test_a_system_that_tells_nothing_has_names_all_the_same(machine, monkeypatch, tmp_path):
    known = new_token()
    machine(machine="")
    unknown = new_token()
    assert len(unknown) == 32
    monkeypatch.setattr(driver_token, "_START", tmp_path / "none")
    assert len(new_token()) == 32
    assert not machine_restarted(known)
    machine(machine="m")
    monkeypatch.undo()
    assert not machine_restarted(unknown)
