import os
import subprocess
import sys

import click
import pytest

from paretocaps.cli import ending
from paretocaps.errors import DataError, ParetocapsError, UsageError


class Stopped(ParetocapsError):
    exit_code = 130


@pytest.mark.parametrize(
    ("error", "line", "code"),
    [
        (UsageError("trials=0 is not allowed"), "error: trials=0 is not allowed", 2),
        (DataError("two\n  lines"), "error: two lines", 2),
        (DataError("\n write\n\n  --study 'a  b' \n"), "error: write --study 'a  b'", 2),
        (ParetocapsError("5 trials in a row failed"), "error: 5 trials in a row failed", 1),
        (Stopped("interrupted: run it again to go on"), "interrupted: run it again to go on", 130),
        (click.Abort(), "interrupted", 130),
        (click.BadParameter("'x' is no number."), "error: Invalid value: 'x' is no number", 2),
        (
            OSError(28, "No space left on device", "w.pt"),
            "error: 'w.pt' cannot be written: No space left on device: free some space",
            1,
        ),
        (
            KeyError("boom"),
            "error: unexpected KeyError: 'boom' (run with --debug for the traceback)",
            1,
        ),
    ],
)
def test_every_error_is_one_line_and_a_code(error, line, code):
    assert ending.explain(error) == (line, code)


def fail_with(error: BaseException) -> int:
    def command() -> None:
        raise error

    return ending.run(command)


def test_the_line_goes_to_stderr(capsys):
    assert fail_with(UsageError("no")) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "error: no\n")


def test_a_traceback_is_shown_only_when_asked_for(capsys, monkeypatch):
    monkeypatch.delenv("PARETOCAPS_DEBUG", raising=False)
    assert fail_with(ValueError("odd")) == 1
    assert "Traceback" not in capsys.readouterr().err
    monkeypatch.setenv("PARETOCAPS_DEBUG", "1")
    assert fail_with(ValueError("odd")) == 1
    error = capsys.readouterr().err
    assert "Traceback" in error
    assert error.splitlines()[-1].startswith("error: unexpected ValueError: odd")


def test_the_debug_option_holds_for_one_run_only(capsys, monkeypatch):
    monkeypatch.delenv("PARETOCAPS_DEBUG", raising=False)

    def command() -> None:
        ending.show_tracebacks()
        raise ValueError("odd")

    assert ending.run(command) == 1
    assert "Traceback" in capsys.readouterr().err
    assert fail_with(ValueError("odd")) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_codes_of_commands_that_end_well():
    assert ending.run(lambda: None) == 0
    assert ending.run(lambda: 1) == 1
    assert fail_with(KeyboardInterrupt()) == 130


def python(program: str, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "program",
    [
        "import click, sys\nfrom paretocaps.cli import ending\n"
        "sys.exit(ending.run(lambda: [click.echo('x' * 1000) for _ in range(10_000)]))",
        "from paretocaps.cli.app import app\napp.main(['plan', '--epochs', '5000'])",
        "from paretocaps.cli.app import app\napp.main(['plan', '--epochs', '5000', '--format', 'csv'])",
    ],
)
def test_a_closed_pipe_is_quiet(program):
    process = python(program)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), error) == (0, b"")


def test_characters_that_stdout_cannot_show_become_question_marks():
    process = python(
        "import click, sys\nfrom paretocaps.cli import ending\n"
        "sys.exit(ending.run(lambda: click.echo('acc \\u2191')))",
        PYTHONIOENCODING="latin-1",
    )
    out, error = process.communicate()
    assert (process.returncode, out.split(), error) == (0, [b"acc", b"?"], b"")


@pytest.mark.parametrize("closed", [(1,), (2,), (0, 1, 2)])
def test_a_stream_that_the_shell_closed_is_quiet_and_no_file_gets_its_number(closed, tmp_path):
    program = (
        "import sys\nfrom paretocaps.cli import ending, output\n"
        "def command():\n"
        f"    with open({str(tmp_path / 'kept')!r}, 'w') as file:\n"
        "        file.write(str(file.fileno()))\n"
        "    output.write_json([1])\n    output.say('talk')\n"
        "sys.exit(ending.run(command))"
    )
    shut = " ".join(f"{number}>&-" for number in closed)
    run = subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" {shut}', sys.executable, program], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == ([] if 1 in closed else ["[", "1", "]"])
    assert run.stderr == ("" if 2 in closed else "talk\n")
    assert int((tmp_path / "kept").read_text()) > 2


def test_a_command_goes_on_when_nobody_reads_its_talk(tmp_path):
    program = (
        "import sys\nfrom paretocaps.cli import ending, output\nfrom paretocaps.errors import UsageError\n"
        "def command():\n    output.say('talk')\n    sys.stdin.read()\n"
        "    for _ in range(10_000):\n        output.say('more')\n"
        f"    open({str(tmp_path / 'done')!r}, 'w').close()\n    raise UsageError('no')\n"
        "sys.exit(ending.run(command))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stderr is not None
    assert process.stderr.readline() == b"talk\n"
    process.stderr.close()
    process.stdin.close()
    assert process.wait() == 2
    assert (tmp_path / "done").exists()
    assert process.stdout is not None
    assert process.stdout.read() == b""
    process.stdout.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_full_disk_below_a_stream_leaves_the_exit_code():
    talk = "from paretocaps.cli import ending; import sys; sys.exit(ending.run(lambda: ending.tell('hello')))"
    say = talk.replace("ending.tell('hello')", "print('hello')")
    with open("/dev/full", "w") as full:
        told = subprocess.run([sys.executable, "-c", talk], stderr=full, check=False)
        said = subprocess.run([sys.executable, "-c", say], stdout=full, stderr=subprocess.PIPE, check=False)
    assert told.returncode == 0
    assert said.returncode == 1
    assert said.stderr.count(b"\n") == 1
