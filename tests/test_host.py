import os
import socket
import stat

import pytest

from paretocaps import host
from paretocaps.host import host_folder, host_memory, host_name, machine_folder, processor_name


@pytest.fixture(autouse=True)
def shared(monkeypatch, tmp_path):
    monkeypatch.delenv("PARETOCAPS_HOST_FOLDER", raising=False)
    monkeypatch.setattr(host, "_SHARED", tmp_path)
    return tmp_path


def test_the_name_is_the_machine_s_unless_the_environment_has_another(monkeypatch):
    monkeypatch.delenv("PARETOCAPS_HOST", raising=False)
    assert host_name() == socket.gethostname()
    monkeypatch.setenv("PARETOCAPS_HOST", "node-7")
    assert host_name() == "node-7"


def test_each_user_and_machine_has_a_folder_of_its_own(monkeypatch, shared):
    monkeypatch.setenv("PARETOCAPS_HOST", "../node")
    folder = host_folder("drivers")
    assert folder == shared / f"paretocaps-{os.getuid()}" / ".._node" / "drivers"
    assert folder.is_dir()
    assert stat.S_IMODE((shared / f"paretocaps-{os.getuid()}").stat().st_mode) == 0o700
    assert host_folder("drivers") == folder


def test_containers_of_one_machine_share_a_folder_whatever_their_names(monkeypatch, shared):
    monkeypatch.delenv("PARETOCAPS_HOST", raising=False)
    folders = set()
    for name in ("a1b2", "c3d4"):
        monkeypatch.setattr(socket, "gethostname", lambda name=name: name)
        folders.add(machine_folder("devices"))
        assert host_folder("drivers").parent.name == name
    assert len(folders) == 1
    monkeypatch.setattr(host, "_START", shared / "missing")
    assert machine_folder("devices").parent.name == "c3d4"


def test_the_environment_may_have_another_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("PARETOCAPS_HOST_FOLDER", str(tmp_path / "other" / "machine"))
    assert host_folder().is_relative_to(tmp_path / "other")


def test_a_folder_that_is_a_link_is_refused(shared, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (shared / f"paretocaps-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError, match="belongs to somebody else"):
        host_folder()


def test_the_memory_is_the_machine_s_or_the_container_s_limit(monkeypatch, tmp_path):
    monkeypatch.setattr(host, "_LIMIT", tmp_path / "memory.max")
    whole = host_memory()
    assert whole == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    (tmp_path / "memory.max").write_text("max\n")
    assert host_memory() == whole
    (tmp_path / "memory.max").write_text("1048576\n")
    assert host_memory() == 1_048_576


def test_the_processor_is_named_as_the_system_names_it(monkeypatch, tmp_path):
    monkeypatch.setattr(host, "_PROCESSORS", tmp_path / "cpuinfo")
    monkeypatch.setattr(host.platform, "processor", lambda: "arm")
    assert processor_name() == "arm"
    numbers = "CPU implementer\t: 0x41\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\n"
    (tmp_path / "cpuinfo").write_text(
        f"processor\t: 0\n{numbers}processor\t: 1\n{numbers.replace('d0c', 'd4f')}"
    )
    assert processor_name() == "arm 0x41 0xd0c 0x3"
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: AMD EPYC 9754\nmodel name\t: other\n")
    assert processor_name() == "AMD EPYC 9754"
