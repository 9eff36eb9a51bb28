"""Receives uploads: streamed to the disk, unpacked and checked by a process of their own, and kept whole."""

import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from paretocaps.data.cache import VARIABLE
from paretocaps.data.uploaded import process
from paretocaps.data.uploaded.upload_limits import UploadLimits
from paretocaps.errors import DataError, StateError, TooLargeError, of_disk
from paretocaps.service.settings import data_spec
from paretocaps.service.uploading.sets import (
    UPLOAD,
    NamedSet,
    check_name,
    uploads_folder,
    write_about,
)
from paretocaps.writing import PART, private_folder, remove_abandoned

READING = ("corrupt", "channels", "parts", "classes_are_folders", "transpose")
"""The options of a study that say how images are read, which an upload may need in order to be checked."""
_CHECKED_EVERY = 64 * 2**20  # bytes after which the free space is looked at


class Incoming:
    """An upload that is being received.

    Attributes:
        size: how many bytes have been received.
    """

    def __init__(self, uploads: Path, draft: Path, stream: BinaryIO, limits: UploadLimits) -> None:
        self._uploads, self._draft, self._stream, self._limits = uploads, draft, stream, limits
        self.size = 0
        self._deciding, self._given_up = threading.Lock(), False
        self._reader: subprocess.Popen[bytes] | None = None
        self._check_space()

    def write(self, block: bytes) -> None:
        """Add bytes of the uploaded file.

        Raises:
            TooLargeError: the upload exceeds the limit, or the disk has too little space.
            DataError: they cannot be written.
        """
        before, self.size = self.size, self.size + len(block)
        if self.size > self._limits.size:
            raise TooLargeError(
                f"the upload has more than {self._limits.size / 1e9:g} GB: send a smaller one, or ask for a"
                " folder in the data root"
            )
        if before // _CHECKED_EVERY < self.size // _CHECKED_EVERY:
            self._check_space()
        try:
            self._stream.write(block)
        except OSError as error:
            raise DataError(f"the upload cannot be kept: {of_disk(error) or error}") from None

    def keep(self, name: str, owner: str = "", reading: Mapping[str, Any] | None = None) -> NamedSet:
        """Unpack and check what was received, and keep it as the upload `name`.

        Args:
            name: the name of the set.
            owner: the name of the token that it is uploaded with.
            reading: how the images are read, by the options of a study in `READING`.

        Raises:
            UsageError: the name or an option is not allowed.
            StateError: there is an upload of that name, or this one was given up.
            DataError: it is no archive, or its images cannot be read.
            TooLargeError: a limit is exceeded.
        """
        place = self.place_of(name)
        given = {key: value for key, value in (reading or {}).items() if value is not None}
        data_spec({"name": None, "path": name, **given})
        self._stream.flush()
        found = _checked(self._draft, name, self._limits, given, self._began)
        told = tuple(found["told"])
        now = datetime.now(UTC).isoformat(timespec="seconds")
        about = NamedSet(f"{UPLOAD}{name}", "upload", owner, now, found["files"], found["bytes"], told, given)
        write_about(self._draft / name, about)
        with self._deciding:
            if self._given_up:
                raise StateError(f"the upload {name!r} was given up: send it again")
            try:
                (self._draft / name).rename(place)
            except OSError:
                self._refuse_taken(place)  # another one of that name was quicker
                raise
        return about

    def give_up(self) -> None:
        """Let `keep`, which another thread runs, end soon, and keep nothing that is not kept yet."""
        with self._deciding:
            self._given_up = True
            if self._reader is not None:
                self._reader.kill()

    def _began(self, reader: subprocess.Popen[bytes]) -> None:
        with self._deciding:
            self._reader = reader
            if self._given_up:
                reader.kill()

    def place_of(self, name: str) -> Path:
        """Return the folder that the upload `name` would get.

        Raises:
            UsageError: the name is not allowed.
            StateError: there is an upload of that name.
        """
        place = self._uploads / check_name(name)
        self._refuse_taken(place)
        return place

    def _refuse_taken(self, place: Path) -> None:
        if place.exists():
            raise StateError(
                f"there is an upload called {place.name!r}: give another name, or remove it first"
            )

    def _check_space(self) -> None:
        free = shutil.disk_usage(self._draft).free
        if free < self._limits.spare:
            raise TooLargeError(
                f"the service's disk has {free / 1e9:.3g} GB left: remove an upload, or ask for more space"
            )


@contextmanager
def receive(folder: Path, limits: UploadLimits) -> Iterator[Incoming]:
    """Receive one upload in a `with` block; what was not kept at its end is removed.

    Args:
        folder: the service's folder.
        limits: what the upload may take.

    Raises:
        TooLargeError: the disk has too little space.
        OSError: the folder cannot be written.
    """
    uploads = uploads_folder(folder)
    private_folder(uploads)
    draft = uploads / f".{secrets.token_hex(8)}{PART}"
    draft.mkdir(mode=0o700)
    lock = os.open(draft, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)  # `remove_left` of another process lets it be
        with (draft / process.UPLOAD).open("wb") as stream:
            yield Incoming(uploads, draft, stream, limits)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        os.close(lock)


def remove_left(folder: Path) -> None:
    """Remove what killed services left of uploads in a service's folder."""
    remove_abandoned(uploads_folder(folder))


def _checked(
    draft: Path,
    name: str,
    limits: UploadLimits,
    reading: Mapping[str, Any],
    began: Callable[[subprocess.Popen[bytes]], None],
) -> dict[str, Any]:
    """Return what the process found that unpacks and checks the upload; `began` is told of it.

    Raises:
        DataError: the upload is refused, or the process ended without an answer.
        TooLargeError: it is refused because of a limit.
    """
    orders = json.dumps({"name": name, "limits": asdict(limits), "reading": _plain(reading)})
    reader = subprocess.Popen(
        [sys.executable, "-P", "-m", process.__name__],  # -P: imports nothing from what was uploaded
        cwd=draft,
        env={VARIABLE: str(draft / ".prepared"), "PYTHONPATH": _imports(), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    began(reader)
    try:
        answer, _ = reader.communicate(orders.encode(), limits.seconds)
    except subprocess.TimeoutExpired:
        raise TooLargeError(
            f"the upload could not be read within {limits.seconds:g} s: send fewer or smaller images"
        ) from None
    finally:
        if reader.poll() is None:
            reader.kill()
            reader.communicate()
    try:
        found: dict[str, Any] = json.loads(answer)
    except ValueError:
        raise DataError(
            f"the upload cannot be read: its reader {_ended(reader.returncode)}; pack and send it again"
        ) from None
    if "refused" in found:
        raise (TooLargeError if found["large"] else DataError)(found["refused"])
    return found


def _ended(status: int) -> str:
    return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"


def _plain(reading: Mapping[str, Any]) -> dict[str, Any]:
    return {key: str(value) if key == "parts" else value for key, value in reading.items()}


def _imports() -> str:
    """Return the import path of this process for one that works in another folder."""
    return os.pathsep.join(os.path.abspath(path) for path in sys.path if path)
