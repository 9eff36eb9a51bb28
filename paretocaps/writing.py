"""Files and folders that are written whole or not at all.

A writer writes a draft next to the target, and moves it there when it is complete and on the disk. A reader
finds either the old content or the new one, whatever happens to the writer; a folder is replaced by two
renames, so a reader between them finds none. Every writer has its own draft, so several can write to the same
path at once, and the last one wins. A draft is locked (flock) while its writer lives; the next writer to that
path removes the drafts of killed writers.
"""

import errno
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

PART = ".part"
"""The suffix of a draft's name."""
_ASIDE = ".old"
_TAKEN = (errno.EEXIST, errno.ENOTEMPTY)


@contextmanager
def whole_file(path: Path, earlier: Path | None = None) -> Iterator[BinaryIO]:
    """Yield a stream to write to, which becomes the file `path` if the block ends without an error.

    Missing folders are created. A file that it replaces becomes `earlier`, where that is given, as soon as
    the new one is on the disk: a reader who finds no `path` between the two renames finds `earlier`.

    Raises:
        OSError: the file cannot be written; the error names `path`, and an earlier file stays.
    """
    with _draft(path, _new_file) as draft:
        with draft.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if earlier is not None:
            with suppress(FileNotFoundError):
                path.replace(earlier)
        draft.replace(path)
        _sync(path.parent)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder to fill, which replaces the folder `path` if the block ends without an error.

    Missing parents are created. The folder and what is in it are for their owner only (0700, 0600). The old
    folder is set aside and removed last: if the process is killed before the new one is in place, the next
    writer puts the old one back.

    Raises:
        OSError: the folder cannot be written; the error names `path`, and an earlier folder stays.
    """
    with _draft(path, _new_folder) as draft:
        yield draft
        for part in (*draft.rglob("*"), draft):
            part.chmod(0o700 if part.is_dir() else 0o600)
            _sync(part)
        _replace(draft, path)
        _sync(path.parent)


def private_folder(path: Path) -> None:
    """Make the folder `path` and those above it that are missing, for their owner only (0700).

    A folder that exists stays as it is.

    Raises:
        OSError: it cannot be made.
    """
    if not path.is_dir():
        private_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


def private_file(path: Path) -> None:
    """Make an empty file `path` for its owner only (0600); one that exists stays as it is.

    Raises:
        OSError: it cannot be made.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def refuse_unwritable(path: Path) -> None:
    """Check that `whole_file` can start to write `path`; only missing folders are created.

    Raises:
        OSError: the file cannot be written.
    """
    with _draft(path, _new_file):
        pass


def remove_abandoned(folder: Path) -> None:
    """Remove the drafts in `folder` whose writers were killed; those of living ones stay.

    A folder that is missing or cannot be read is passed over.
    """
    for left in folder.glob(f"*{PART}"):
        _remove_abandoned(left)


@contextmanager
def _draft(path: Path, make: Callable[[Path], None]) -> Iterator[Path]:
    """Yield a new, locked file or folder next to `path`; it is removed at the end if it was not moved."""
    draft = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _tidy(path)
        draft, lock = _claimed(path, make)
        try:
            yield draft
        finally:
            _remove(draft)
            os.close(lock)
    except OSError as error:
        if error.filename in (None, str(draft)):
            error.filename = str(path)
        raise


def _claimed(path: Path, make: Callable[[Path], None]) -> tuple[Path, int]:
    """Return a new draft that `make` made, and the descriptor that locks it."""
    while True:
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}{PART}")
        make(draft)
        with suppress(FileNotFoundError):  # another writer removed it as abandoned before it was locked
            lock = os.open(draft, os.O_RDONLY)
            if _lock(lock) is not False and draft.exists():
                return draft, lock
            os.close(lock)


def _tidy(path: Path) -> None:
    """Remove the drafts of killed writers, and put back a folder that one of them had set aside."""
    named = re.compile(re.escape(path.name) + r"\.[0-9a-f]{8}(\.\w+)")
    for left in list(path.parent.iterdir()):
        found = named.fullmatch(left.name)
        kind = found[1] if found else ""
        if kind == _ASIDE and not path.exists():
            with suppress(OSError):  # another writer was quicker
                left.rename(path)
        elif kind == _ASIDE:
            _remove(left)
        elif kind == PART:
            _remove_abandoned(left)


def _remove_abandoned(draft: Path) -> None:
    """Remove a draft that nobody has locked, and lock it meanwhile: its writer may just be about to."""
    try:
        lock = os.open(draft, os.O_RDONLY)
    except OSError:
        return
    try:
        if _lock(lock):
            _remove(draft)
    finally:
        os.close(lock)


def _lock(descriptor: int) -> bool | None:
    """Return whether the descriptor's file could be locked, or None if the file system has no locks.

    This is written by hand because filelock creates the file that it locks, whereas a draft exists already
    and may be a folder.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _replace(draft: Path, path: Path) -> None:
    """Exchange the folders `draft` and `path` (which may be missing); if that fails, `path` stays."""
    aside = draft.with_suffix(_ASIDE)
    while True:
        with suppress(FileNotFoundError):
            path.rename(aside)
        try:
            draft.rename(path)
            break
        except BaseException as error:
            if getattr(error, "errno", None) not in _TAKEN:
                with suppress(OSError):
                    aside.rename(path)
                raise
            _remove(aside)  # another writer was there between the two renames
    with suppress(OSError):  # another writer may have removed it
        aside.rename(draft)


def _new_folder(draft: Path) -> None:
    draft.mkdir(mode=0o700)


def _new_file(draft: Path) -> None:
    draft.touch(exist_ok=False)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def expanded(path: str | Path) -> Path:
    """Return a path with its `~` for the home folder; a name such as `~draft.png` stays."""
    with suppress(RuntimeError):
        return Path(path).expanduser()
    return Path(path)
