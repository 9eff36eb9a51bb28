"""How a command ends: one line and an exit code for whatever went wrong.

Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted.
"""

import errno
import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO

import click

from paretocaps.errors import ParetocapsError, of_disk
from paretocaps.masking import masked

INTERRUPTED = 130
_SHOW_CURSOR = b"\x1b[?25h\n"
_MOMENT = 1.0  # s, in which the workers are killed
_debug = False


class ReaderGone(Exception):
    """The reader of stdout has closed it, as `| head` does, so that nothing more can be written."""


def show_tracebacks() -> None:
    """Show the traceback of every error of this run, before its line."""
    global _debug
    _debug = True


def run(command: Callable[[], Any]) -> int:
    """Call `command` and return the exit code; what it raises becomes one line on stderr."""
    global _debug
    _debug = os.environ.get("PARETOCAPS_DEBUG", "") not in ("", "0")
    _open_what_is_closed()
    try:
        _write_anything(sys.stdout)
        code = command()
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        return _answer(error)
    finally:
        _let_go()
    return code if isinstance(code, int) else 0


def _let_go() -> None:
    """Give up what a full disk does not take: the interpreter's last flush would change the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):  # such as a stream without a file
                _silence(stream)


def _answer(error: Exception) -> int:
    if isinstance(error, BrokenPipeError | ReaderGone):
        return _leave_pipe()
    if _debug:
        click.echo(masked("".join(traceback.format_exception(error))), err=True, nl=False)
    line, code = explain(error)
    tell(line)
    return code


def end_soon() -> None:
    """End the process in a moment, whatever it waits for, such as a database that is locked."""
    timer = threading.Timer(_MOMENT, _end)
    timer.daemon = True
    timer.start()


def _end() -> None:
    if os.isatty(2):
        with suppress(OSError):
            os.write(2, _SHOW_CURSOR)  # a live view hides it
    os._exit(INTERRUPTED)


def tell(line: str) -> None:
    """Write a line to stderr, without passwords; do nothing where nobody reads it, or its disk is full.

    With `2>&1 | head` the reader leaves while a study runs, and the study must not end for that; nor where
    its terminal is closed.
    """
    try:
        click.echo(masked(line), err=True)
    except OSError as error:
        if unread(error):
            _silence(sys.stderr)
        elif not of_disk(error):  # a study waits for a full disk, and its log may lie there
            raise


def unread(error: BaseException) -> bool:
    """Return whether `error` says that nobody reads a stream any more: its pipe or terminal is closed."""
    return isinstance(error, BrokenPipeError) or (isinstance(error, OSError) and error.errno == errno.EIO)


def explain(error: Exception) -> tuple[str, int]:
    """Return the line that explains `error` to a user, and the exit code."""
    if isinstance(error, click.Abort):
        return "interrupted", INTERRUPTED
    if isinstance(error, click.ClickException):
        return f"error: {_one_line(error.format_message()).rstrip('.')}{_see_help(error)}", error.exit_code
    if isinstance(error, ParetocapsError):
        start = "" if error.exit_code == INTERRUPTED else "error: "
        return start + _one_line(str(error)), error.exit_code
    if why := of_disk(error):
        return f"error: {_one_line(why)}", 1
    if isinstance(error, PermissionError) and error.filename:
        return f"error: {str(error.filename)!r} cannot be used: {error.strerror}", 1
    if isinstance(error, RuntimeError) and "home directory" in str(error):  # of a path such as ~nobody/data
        return "error: a path begins with ~ and a user that does not exist: write the folder in full", 1
    name, text = type(error).__name__, _one_line(str(error))
    return f"error: unexpected {name}: {text} (run with --debug for the traceback)", 1


def _see_help(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f" (see {context.command_path} --help)" if context else ""


def _one_line(text: str) -> str:
    return " ".join(filter(None, map(str.strip, text.splitlines())))  # blanks within quotes of a command stay


def _leave_pipe() -> int:
    # The reader (`| head`) has what it wanted. What is still buffered goes nowhere, so that the
    # interpreter's last flush does not complain.
    _silence(sys.stdout)
    return 0


def _silence(stream: TextIO) -> None:
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)


def _open_what_is_closed() -> None:
    # A stream that the shell closed (`>&-`) is None in Python, and the next file that is opened, such as a
    # database, would get its number and everything that is printed to it.
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - for good


def _write_anything(stream: TextIO) -> None:
    # A terminal or pipe that is not UTF-8 shows "?" for what it cannot show.
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None and stream.errors == "strict":
        reconfigure(errors="replace")
