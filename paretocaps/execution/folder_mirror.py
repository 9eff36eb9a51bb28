"""Keeps a copy of a training's folder on another machine: what changed in one is written to the other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from paretocaps.errors import TrainingError
from paretocaps.run_folder import RunFolder
from paretocaps.writing import PART, whole_file


@dataclass(frozen=True)
class Changes:
    """Files that were written, with their content, and files that are gone; named relative to the folder."""

    written: Mapping[str, bytes] = field(default_factory=dict)
    gone: tuple[str, ...] = ()

    def apply(self, folder: Path) -> None:
        """Make the same changes in `folder`; each file is written whole.

        Raises:
            TrainingError: a name leads out of the folder; nothing was written.
            OSError: a file cannot be written.
        """
        for name in (*self.written, *self.gone):
            if _leads_out(name):
                raise TrainingError(f"{name!r} is no file of a training's folder: it is not written")
        for name, content in self.written.items():
            with whole_file(folder / name) as stream:
                stream.write(content)
        for name in self.gone:
            (folder / name).unlink(missing_ok=True)


class FolderMirror:
    """Tells what has changed in `folder` since it was last asked.

    Drafts and the lock file are left out, because they belong to a process; logs are left out until the end.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[str, tuple[int, int, int]] = {}

    def changes(self, *, ended: bool = False) -> Changes:
        """Return what has changed since the last call, with the logs if the training has `ended`."""
        now = dict(self._files(ended))
        written = {
            name: content
            for name in now
            if now[name] != self._seen.get(name)
            if (content := _content(self._folder / name)) is not None
        }
        gone = tuple(name for name in self._seen if name not in now and not _is_log(name))
        self._seen = now
        return Changes(written, gone)

    def _files(self, ended: bool) -> Iterator[tuple[str, tuple[int, int, int]]]:
        lock = RunFolder(self._folder).lock_file
        for path in sorted(self._folder.rglob("*")):
            name = path.relative_to(self._folder).as_posix()
            if path == lock or path.suffix == PART or path.is_symlink() or (_is_log(name) and not ended):
                continue
            try:
                if path.is_file():
                    found = path.stat()
                    yield name, (found.st_ino, found.st_size, found.st_mtime_ns)
            except FileNotFoundError:
                continue


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # replaced or removed meanwhile: the next call tells
        return None


def _is_log(name: str) -> bool:
    return name.endswith(".log")


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.parts or path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name
