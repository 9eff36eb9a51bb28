"""Contexts for tests of writing: one records the files that are written, one simulates a full disk."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from paretocaps import writing

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_TARGET = {"os.mkdir": 0, "os.rename": 1, "os.link": 1, "os.symlink": 1, "os.remove": 0, "os.rmdir": 0}

_recorders: list[list[Path]] = []
_installed = False


@contextmanager
def recorded_writes() -> Iterator[list[Path]]:
    """Yield a list, to which the absolute paths are added that Python code opens for writing, makes or
    removes.

    It does not include files that a library writes without Python, devices, and byte code.
    """
    _install()
    paths: list[Path] = []
    _recorders.append(paths)
    try:
        yield paths
    finally:
        _recorders[:] = [recorder for recorder in _recorders if recorder is not paths]


@contextmanager
def full_disk() -> Iterator[None]:
    """Let `whole_file` write to a full disk inside the block (Linux: /dev/full)."""
    with mock.patch.object(writing, "_new_file", lambda draft: draft.symlink_to("/dev/full")):
        yield


def _install() -> None:
    global _installed
    if not _installed:
        sys.addaudithook(_hook)  # it cannot be removed, and does nothing without a recorder
        _installed = True


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _recorders:
        return
    path: Any = None
    if event == "open" and arguments[2] & _WRITING:
        path = arguments[0]
    elif event in _TARGET:
        path = arguments[_TARGET[event]]
    if isinstance(path, str | bytes | os.PathLike):
        absolute = Path(os.path.abspath(os.fsdecode(path)))
        if "__pycache__" not in absolute.parts and absolute.parts[1:2] not in (("dev",), ("proc",)):
            for recorder in _recorders:
                recorder.append(absolute)
