"""Reads where studies are stored: a database URL, or the path of an SQLite file."""

import re
from pathlib import Path
from urllib.parse import parse_qsl

from sqlalchemy import make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from paretocaps.errors import StorageError, did_you_mean, first_line
from paretocaps.masking import masked
from paretocaps.storage.url_settings import known_settings

_BACKENDS = ("sqlite", "postgresql")
_PACKAGES = {"psycopg": "'paretocaps[postgres]'"}  # by driver; others are named as their module is
_EXAMPLE = "studies/x.db"
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)  # two letters or more: `C:` is a drive
# where SQLAlchemy begins the query: a password before it may have question marks
_QUERY = re.compile(r"[^:]*://(?:[^:/]*(?::[^@]*)?@)?[^?]*\?(?P<query>.*)", re.DOTALL)

# a URL or a connection string of libpq whose beginning is mistyped; as a path it would name a file
_NO_PATH = re.compile(r"://|//[^/]*:.*@|password\s*=", re.IGNORECASE)
_ENCODED = "write '@', '/', ':' and '?' in a password as %40, %2F, %3A and %3F"


def parse_url(url: str) -> URL:
    """Return `url` parsed: a path, `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/DATABASE`.

    A path, such as `studies/x.db`, `/data/x.db` or `~/x.db`, becomes the URL of an SQLite file here and
    nowhere else; anything that begins with a scheme is a URL.

    Raises:
        StorageError: the URL is malformed, names another kind of database, no file or a setting that the
            database does not have, or its driver is missing or asynchronous; or the path is no file's.
    """
    if not _SCHEME.match(url):
        return _of_path(url)
    parsed = _parsed(url)
    backend = parsed.get_backend_name()
    if backend not in _BACKENDS:
        raise StorageError(
            f"storage {safe(parsed)!r}: unknown kind {backend!r}{did_you_mean(backend, _BACKENDS)}"
            " (known: FILE, sqlite:///FILE, postgresql://USER@HOST/DATABASE)"
        )
    if backend == "sqlite":
        _check_names_file(parsed)
    _check_settings(url, parsed)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")  # SQLAlchemy's default depends on its version
    _check_driver(parsed)
    return parsed


def safe(url: URL) -> str:
    """Return `url` as text without its passwords, before the host and after `?`."""
    return masked(url.render_as_string(hide_password=False))


def place(url: URL) -> str:
    """Return which database `url` names: an SQLite file by its absolute path, or a server's without the user.

    It is the same for whoever opens the database on one machine.
    """
    path = sqlite_file(url)
    if path is not None:
        return str(path.resolve())
    host, port = url.host or url.query.get("host", ""), url.port or url.query.get("port", "")
    return f"{url.get_backend_name()}://{host}{f':{port}' if port else ''}/{url.database}"


def sqlite_file(url: URL) -> Path | None:
    """Return the file of an SQLite URL, or None for another kind of database."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _parsed(url: str) -> URL:
    """Return `url` in its parts. One that is malformed is not shown: nobody knows where its password is."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise _malformed(url) from None
    if parsed.get_backend_name() != "sqlite" and "@" in f"{parsed.host}{parsed.database}":
        raise _malformed(url)
    return parsed


def _malformed(url: str) -> StorageError:
    kind = url.partition(":")[0].strip() if _SCHEME.match(url) else ""
    shown = f"storage {f'{kind}:...'!r}" if kind else "storage (hidden, as it may have a password)"
    return StorageError(
        f"{shown} is not a database URL: give the path of a file, such as {_EXAMPLE},"
        f" or postgresql://USER@HOST/DATABASE with its password in PGPASSWORD ({_ENCODED})"
    )


def _of_path(path: str) -> URL:
    if _NO_PATH.search(path):
        raise _malformed(path)
    where = f"storage {path!r}"
    if path in ("", ":memory:"):
        raise StorageError(f"{where} names no file, so nothing would be stored: write {_EXAMPLE}")
    if "?" in path:
        raise StorageError(f"{where}: a path has no settings after '?': leave them out, or rename the file")
    try:
        file = Path(path).expanduser()
    except RuntimeError:
        raise StorageError(f"{where}: there is no such user: write the home folder in full") from None
    if path.endswith("/") or file.is_dir():
        raise StorageError(f"{where} is a folder: name a file in it, {file / 'paretocaps.db'}")
    return URL.create("sqlite", database=str(file))


def _check_names_file(url: URL) -> None:
    database = url.database or ""
    if url.host:
        right = f"sqlite:///{url.host}/{database}".rstrip("/")
        raise StorageError(f"storage {safe(url)!r} lacks a slash: write {right}")
    if database.endswith("/"):
        raise StorageError(f"storage {safe(url)!r} is a folder: name a file in it, {database}paretocaps.db")
    if database in ("", ":memory:") or database.startswith("file:"):
        raise StorageError(
            f"storage {safe(url)!r} names no file, so nothing would be stored: write {_EXAMPLE}"
        )


def _check_settings(text: str, url: URL) -> None:
    """Refuse a setting after `?` that would be ignored: SQLAlchemy drops those without a value."""
    known = known_settings(url)
    cut = _QUERY.match(text)
    for name, value in parse_qsl(cut["query"] if cut else "", keep_blank_values=True):
        where = f"storage {safe(url.set(query={}))!r}"
        if known is not None and name not in known:
            near = did_you_mean(name, known)
            raise StorageError(
                f"{where}: unknown setting {name!r} after '?'{near} (known: {', '.join(known)})"
            )
        if not value:
            raise StorageError(f"{where}: setting {name!r} after '?' has no value: write {name}=VALUE")


def _check_driver(url: URL) -> None:
    where = f"storage {safe(url)!r}"
    try:
        dialect = url.get_dialect()
        dialect.import_dbapi()
    except NoSuchModuleError:
        raise StorageError(f"{where}: unknown driver {url.get_driver_name()!r}: leave it out") from None
    except ImportError as error:
        reason = first_line(error)
        package = _PACKAGES.get(url.get_driver_name(), error.name)
        raise StorageError(f"{where}: its driver is missing ({reason}): pip install {package}") from None
    if dialect.is_async:
        raise StorageError(f"{where}: driver {url.get_driver_name()!r} is asynchronous: leave it out")
    try:
        dialect().create_connect_args(url)
    except ValueError as error:
        raise StorageError(f"{where}: a setting after '?' cannot be read: {error}") from None
