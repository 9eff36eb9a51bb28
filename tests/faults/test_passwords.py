"""A planted password is nowhere: streams, logs, reports, command lines, database."""

import contextlib
import secrets
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import MetaData, create_engine, select

PLANTED = f"pl4nted{secrets.token_hex(4)}"
"""Of this process, as the command lines of others that run the same tests at once have theirs."""
STUDY = "--trainer faulty --fix fault=none --trials 1 --epochs 1 --no-designs --objectives acc,params"
FORMS = {
    "authority": "postgresql+psycopg://postgres:{word}@/{name}?host={host}",
    "setting": "postgresql+psycopg://postgres@/{name}?host={host}&password={word}",
    "encoded": "postgresql+psycopg://postgres@/{name}?host={host}&pass%77ord={word}",
    "sslpassword": "postgresql+psycopg://postgres@/{name}?host={host}&sslpassword={word}",
    "passfile": "postgresql+psycopg://postgres@/{name}?host={host}&passfile={file}",
}

SHORT, LONG = ("authority", "setting"), ("encoded", "sslpassword", "passfile")


@pytest.fixture
def url(server, tmp_path, request):
    name = f"p_{request.param}"
    server.psql(f"CREATE DATABASE {name};")
    file = tmp_path / "passwords"
    file.write_text(f"*:*:*:*:{PLANTED}\n")
    file.chmod(0o600)
    host = quote(str(server.pgdata), safe="")
    return FORMS[request.param].format(word=PLANTED, name=name, host=host, file=quote(str(file), safe=""))


def command_line(file):
    with contextlib.suppress(OSError):  # the process has ended
        return file.read_bytes()


def run(folder, *arguments):
    """Run a command; return what it printed, and the command lines of the processes seen meanwhile."""
    with (folder / "printed").open("w+") as printed:
        command = [sys.executable, "-m", "paretocaps", *arguments]
        process = subprocess.Popen(command, cwd=folder, stdout=printed, stderr=printed)
        lines = set()
        while process.poll() is None:
            lines |= set(filter(None, map(command_line, Path("/proc").glob("[0-9]*/cmdline"))))
            time.sleep(0.1)
        printed.seek(0)
        text = printed.read()
    assert process.returncode == 0, text
    return text, lines


def dumped(url):
    engine = create_engine(url)
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        rows = {name: connection.execute(select(table)).all() for name, table in tables.tables.items()}
    engine.dispose()
    return repr(rows)


@pytest.mark.parametrize(
    "url", [*SHORT, *(pytest.param(form, marks=pytest.mark.slow) for form in LONG)], indirect=True
)
def test_a_planted_password_is_nowhere(server, url, tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    (tmp_path / "study.toml").write_text(f'study = "s"\nstorage = "{url}"\n')
    text, lines = run(folder, "optimize", "--spec", "../study.toml", *STUDY.split())
    assert any(b"paretocaps.execution.worker" in line for line in lines)
    assert not [line for line in lines if PLANTED.encode() in line]
    for command in ("front s --all", "report s", "studies", "doctor"):
        text += run(folder, *command.split(), "--storage", url)[0]
    assert "postgresql+psycopg://postgres" in text
    assert PLANTED not in text
    dump = dumped(url)
    assert "paretocaps_studies" in dump
    assert PLANTED not in dump
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert [file.suffix for file in files if file.suffix in (".html", ".log")]
    assert not [file for file in files if PLANTED.encode() in file.read_bytes()]
