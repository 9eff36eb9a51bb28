"""Unpacks what was uploaded: a zip or tar archive, or one parquet file."""

import bz2
import gzip
import lzma
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple, Protocol, cast

from paretocaps.data.uploaded.member_names import member_path, shown
from paretocaps.data.uploaded.upload_limits import Room, UploadLimits
from paretocaps.errors import DataError, ParetocapsError, of_disk

KINDS = "a zip or tar archive (tar.gz, tar.bz2 and tar.xz too), or a parquet file"
TABLE = "train.parquet"
"""What a parquet file that is uploaded alone is called."""
_BLOCK = 2**20
_TAR_BLOCK = 512  # bytes of a header; a whole archive ends with one of zeros


class _Source(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; none at the end."""
        ...


class _Counted:
    """A stream whose bytes are counted, and whose last ones are kept."""

    def __init__(self, stream: _Source, room: Room) -> None:
        self._stream, self._room = stream, room
        self.end = b""

    def read(self, size: int) -> bytes:
        block = self._stream.read(min(size, _BLOCK))
        self._room.add_bytes(len(block))
        self.end = (self.end + block)[-_TAR_BLOCK:]
        return block


class _Member(NamedTuple):
    """A file of an archive: its name, and how it is opened."""

    name: str
    open: Callable[[], _Source]


def unpack(file: Path, folder: Path, limits: UploadLimits) -> None:
    """Make `folder` of the uploaded `file`, whose kind is told by its content.

    Hidden files are left out, and so is a folder around everything else in an archive. Files are for their
    owner only, and none is a link or a program.

    Raises:
        DataError: the file is of another kind, truncated, corrupt or encrypted, or a file in it is a link,
            is there twice, or has a path that leads out of the folder.
        TooLargeError: a limit is exceeded.
    """
    draft = folder.with_name(f"{folder.name}.unpacked")
    draft.mkdir(mode=0o700)
    kind, members = _opened(file)
    room = Room(limits, file.stat().st_size, draft)
    try:
        for member in members(file, room):
            path = member_path(member.name)
            if path is not None:
                _write(draft, path, member.open(), room)
    except (ParetocapsError, MemoryError):
        raise
    except Exception as error:  # each reader of archives has errors of its own
        if told := of_disk(error):
            raise DataError(f"the upload cannot be unpacked: {told}") from None
        reason = (str(error).splitlines() or [""])[0] or type(error).__name__
        raise DataError(
            f"the upload is a truncated or corrupt {kind} file ({reason:.80}): pack and send it again"
        ) from None
    _unwrapped(draft).rename(folder)


def _opened(file: Path) -> tuple[str, Callable[[Path, Room], Iterator[_Member]]]:
    """Return the kind of the file, by its first bytes, and what reads its members."""
    with file.open("rb") as stream:
        begin = stream.read(_TAR_BLOCK)
    if begin.startswith((b"PK\3\4", b"PK\5\6")):
        return "zip", _zip_members
    if begin.startswith(b"PAR1"):
        return "parquet", _table
    inflated = next((opened for magic, opened in _INFLATED.items() if begin.startswith(magic)), None)
    if inflated or begin[257:262] == b"ustar":
        return "tar", partial(_tar_members, inflated or partial(open, mode="rb"))
    what = f"begins with {begin[:4].hex()}" if begin else "is empty"
    raise DataError(f"the upload {what}, and is no archive that can be read: send {KINDS}")


_INFLATED: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
"""By their first bytes, the readers of compressed files, which compare the checksums."""


def _zip_members(file: Path, room: Room) -> Iterator[_Member]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            room.add_file()
            if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _no_file(info.orig_filename)
            if info.flag_bits & 1:
                raise DataError(
                    f"the upload has the encrypted file {shown(info.orig_filename)}: pack without a password"
                )
            if info.is_dir():
                member_path(info.orig_filename)  # is made for its files only, but must not lead out either
            else:
                yield _Member(info.orig_filename, partial(_counted, archive, info, room))


def _counted(archive: zipfile.ZipFile, info: zipfile.ZipInfo, room: Room) -> _Counted:
    return _Counted(archive.open(info), room)


def _tar_members(opened: Callable[[Path], Any], file: Path, room: Room) -> Iterator[_Member]:
    with opened(file) as stream:
        counted = _Counted(stream, room)
        with tarfile.open(fileobj=cast(IO[bytes], counted), mode="r|") as archive:
            for info in archive:
                room.add_file()
                if not (info.isreg() or info.isdir()) or info.issparse():
                    raise _no_file(info.name)
                if info.isdir():
                    member_path(info.name)
                else:
                    yield _Member(info.name, partial(_plain, archive, info))
        while counted.read(_BLOCK):  # at the end of compressed data, this compares the checksum
            pass
        if counted.end.strip(b"\0"):
            raise EOFError("it has no end")


def _plain(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    found = archive.extractfile(info)
    assert found is not None
    return found


def _table(file: Path, room: Room) -> Iterator[_Member]:
    room.add_file()
    with file.open("rb") as stream:
        yield _Member(TABLE, partial(_Counted, stream, room))


def _no_file(name: str) -> DataError:
    return DataError(
        f"the upload has {shown(name)}, which is a link or no plain file: pack the file itself in its place"
    )


def _write(folder: Path, path: PurePosixPath, source: _Source, room: Room) -> None:
    try:
        for parent in reversed(path.parents[:-1]):
            if not (folder / parent).is_dir():
                room.add_file()
                (folder / parent).mkdir(mode=0o700)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        descriptor = os.open(folder / path, flags, 0o600)
    except (FileExistsError, NotADirectoryError):
        raise DataError(
            f"the upload has the file {shown(str(path))} twice, or a folder of that name: pack it once"
        ) from None
    with os.fdopen(descriptor, "wb") as target:
        while block := source.read(_BLOCK):
            target.write(block)


def _unwrapped(folder: Path) -> Path:
    """Return the folder that has the data: `folder`, or the only folder in it, and so on."""
    with suppress(StopIteration):
        while True:
            only = list(folder.iterdir())
            folder = next(one for one in only if len(only) == 1 and one.is_dir())
    return folder
