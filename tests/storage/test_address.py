from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from paretocaps.errors import StorageError
from paretocaps.storage.address import parse_url, place, safe, sqlite_file


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "names no file, so nothing would be stored: write studies/x.db"),
        (":memory:", "names no file"),
        ("studies/", "'studies/' is a folder: name a file in it, studies/paretocaps.db"),
        ("sqlite:///studies/", "is a folder: name a file in it, studies/paretocaps.db"),
        ("x.db?timeout=1", r"a path has no settings after '\?': leave them out"),
        ("~nobody-of-this-name/x.db", "there is no such user: write the home folder in full"),
        ("sqlite:x.db", "is not a database URL: give the path of a file, such as studies/x.db"),
        ("s3://bucket/x.db", "unknown kind 's3' .*known: FILE, sqlite:///FILE"),
        ("sqlite:///x.db?foo=1", r"'sqlite:///x.db': unknown setting 'foo' after '\?' \(known: cached_sta"),
        ("sqlite:///x.db?timeuot=1", "unknown setting 'timeuot' .*: did you mean 'timeout'?"),
        ("sqlite:////tmp/a?x/q.db", r"'sqlite:////tmp/a': unknown setting 'x/q.db' after '\?'"),
        ("sqlite:///x.db?uri=true&mode=ro", "unknown setting 'mode'"),
        ("sqlite:///x.db?timeout=", "'timeout' after '.' has no value: write timeout=VALUE"),
        ("sqlite:///x.db?timeout=long", "a setting after '.' cannot be read: .*'long'"),
        ("postgresql+psycopg://me@host/x?sslmod=on", "unknown setting 'sslmod' .*: did you mean 'sslmode'?"),
        ("postgresql://me:why?foo=1@host/x?foo=1", "'postgresql://me:.*@host/x': unknown setting 'foo'"),
        ("postgresql://host:port/x", "is not a database URL"),
        ("postgres://host/x", "unknown kind 'postgres': did you mean 'postgresql'"),
        ("mysql://host/x", "unknown kind 'mysql'"),
        ("redis://host", "unknown kind 'redis'"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///file:x.db?uri=true", "names no file"),
        ("sqlite://studies/x.db", "lacks a slash: write sqlite:///studies/x.db"),
        ("sqlite+nothing:///x.db", "unknown driver 'nothing'"),
        ("sqlite+pysqlcipher:///x.db", "its driver is missing .*pip install"),
    ],
)
def test_an_unusable_url_is_one_clear_line(url, message):
    with pytest.raises(StorageError, match=message) as caught:
        parse_url(url)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["postgresql", "postgresql+psycopg"])
@pytest.mark.parametrize(
    "error",
    [
        ModuleNotFoundError("No module named 'psycopg'", name="psycopg"),
        ImportError("no pq wrapper available.\nAttempts made:\n- couldn't import psycopg 'c'"),
    ],
)
def test_the_extra_is_named_where_the_driver_of_postgresql_is_missing(monkeypatch, kind, error):
    def missing(dialect):
        raise error

    monkeypatch.setattr(PGDialect_psycopg, "import_dbapi", classmethod(missing))
    with pytest.raises(StorageError) as caught:
        parse_url(f"{kind}://me@host/x")
    reason = str(error).splitlines()[0]
    assert str(caught.value) == (
        f"storage 'postgresql+psycopg://me@host/x': its driver is missing ({reason}):"
        " pip install 'paretocaps[postgres]'"
    )


def test_an_error_does_not_show_the_password():
    with pytest.raises(StorageError) as caught:
        parse_url("mysql://me:secret@host/x")
    assert "secret" not in str(caught.value)
    assert "me" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:pl4nted@host:port/x",
        "postgresql:/me:pl4nted@host/x",
        "postgresql:me:pl4nted@host",
        "postgresql://me:p@pl4nted@host/x",
        "postgresql://me/x:pl4nted@host/x",
        " postgresql://me:pl4nted@host/x",
        "//me:pl4nted@host/x",
        "host=h user=me password=pl4nted",
        "postgresql://me@host/x?password=pl4nted&foo=1",
        "mysql://me@host/x?password=pl4nted",
    ],
)
def test_a_malformed_url_is_not_shown_with_its_password(url):
    with pytest.raises(StorageError) as caught:
        parse_url(url)
    assert "pl4nted" not in str(caught.value)
    assert "storage" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:pl4nted@h/x",
        "postgresql://me@h/x?pass%77ord=pl4nted",
        "postgresql://h/x?sslpassword=pl4nted",
    ],
)
def test_a_url_is_rendered_without_its_passwords(url):
    assert "pl4nted" not in safe(make_url(url))


def test_a_file_is_found_in_the_url():
    assert sqlite_file(parse_url("sqlite:///studies/x.db")) == Path("studies/x.db")
    assert sqlite_file(parse_url("sqlite:////data/x.db")) == Path("/data/x.db")


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("studies/x.db", "studies/x.db"),
        ("x", "x"),
        ("/data/a b#%20/x.db", "/data/a b#%20/x.db"),
        ("~/x.db", "/home/me/x.db"),
    ],
)
def test_a_path_is_the_url_of_its_file(monkeypatch, path, file):
    monkeypatch.setenv("HOME", "/home/me")
    assert sqlite_file(parse_url(path)) == Path(file)
    assert sqlite_file(parse_url(safe(parse_url(path)))) == Path(file)


def test_a_folder_that_exists_is_no_file(tmp_path):
    with pytest.raises(StorageError, match=f"is a folder: name a file in it, {tmp_path}/paretocaps.db"):
        parse_url(str(tmp_path))


@pytest.mark.parametrize("url", ["sqlite:///x.db?timeout=5&check_same_thread=false", "sqlite:///x.db?"])
def test_known_settings_are_kept(url):
    assert sqlite_file(parse_url(url)) == Path("x.db")


def test_a_database_has_one_name_whoever_opens_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert place(parse_url("x.db")) == place(parse_url(f"sqlite:///{tmp_path}/x.db")) == f"{tmp_path}/x.db"
    urls = "postgresql://a:secret@host:5433/d", "postgresql+psycopg://b@host:5433/d?sslmode=require"
    assert {place(make_url(url)) for url in urls} == {"postgresql://host:5433/d"}
    assert place(make_url("postgresql://a:secret@/d?host=/run/pg&port=5433")) == "postgresql:///run/pg:5433/d"
