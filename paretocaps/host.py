"""This machine: its name, its processor, its memory, and a folder that processes share."""

import errno
import os
import platform
import socket
import stat
from pathlib import Path

NAME = "PARETOCAPS_HOST"
"""The environment variable that names the machine, where its host name does not tell it from others."""

FOLDER = "PARETOCAPS_HOST_FOLDER"
"""The environment variable that names the folder of all users on the machine, where /tmp is not it."""

_PROCESSORS = Path("/proc/cpuinfo")
_ARM = ("CPU implementer", "CPU part", "CPU variant")
_LIMIT = Path("/sys/fs/cgroup/memory.max")
_START = Path("/proc/sys/kernel/random/boot_id")
_SHARED = Path("/tmp")  # not $TMPDIR, which differs between logins of one user


def host_name() -> str:
    """Return the name of this machine."""
    return os.environ.get(NAME) or socket.gethostname()


def processor_name() -> str:
    """Return the name of this machine's processor, such as "AMD EPYC 9754".

    Linux names no ARM processor, but has numbers by which they are told apart: "aarch64 0x41 0xd0c 0x3".
    """
    told: dict[str, str] = {}
    if _PROCESSORS.exists():
        for line in _PROCESSORS.read_text().splitlines():
            name, _, value = line.partition(":")
            told.setdefault(name.strip(), value.strip())
    numbers = [told[name] for name in _ARM if name in told]
    own = platform.processor() or platform.machine()
    return told.get("model name") or " ".join([own, *numbers])


def host_memory() -> int:
    """Return the bytes of memory that processes of this machine, or of this container, have in all."""
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        return min(whole, int(_LIMIT.read_text()))
    except (OSError, ValueError):  # there is no limit, or it is "max"
        return whole


def host_folder(*parts: str) -> Path:
    """Return a folder of this user on this machine, which is not on a file system that machines share.

    It is made for its owner only (0700) if it is missing.

    Args:
        parts: the names of folders in it.

    Raises:
        OSError: it cannot be made, or what has its name is a link or belongs to somebody else.
    """
    return _folder(host_name(), *parts)


def machine_folder(*parts: str) -> Path:
    """Return such a folder that all containers of the machine share, if `FOLDER` names one that they share.

    It is another one after the machine has started again.

    Raises:
        OSError: as for `host_folder`.
    """
    start = _START.read_text().strip() if _START.exists() else ""
    return _folder(os.environ.get(NAME) or start or host_name(), *parts)


def _folder(machine: str, *parts: str) -> Path:
    folder = Path(os.environ.get(FOLDER) or _SHARED) / f"paretocaps-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(errno.EPERM, "it belongs to somebody else", str(folder))
    own = folder.joinpath(machine.replace(os.sep, "_"), *parts)
    own.mkdir(parents=True, exist_ok=True)
    return own
