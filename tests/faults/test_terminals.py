"""A closed terminal and a second Ctrl-C end a study, and nobody trains on."""

import os
import pty
import select
import signal
import sys
import time
from contextlib import suppress

import pytest

STUDY = ["--study", "s", "--trainer", "faulty", "--objectives", "acc,params", "--trials", "1"]


@pytest.fixture
def terminal(tmp_path, monkeypatch, until):
    """Start a study whose worker trains in the way of a fault; return driver, terminal, worker and child."""
    monkeypatch.setenv("TERM", "xterm")
    started = []

    def start(fault, *options):
        words = ["optimize", *STUDY, "--fix", f"fault={fault}", "--storage", f"{tmp_path}/s.db", *options]
        driver, screen = pty.fork()
        if driver == 0:
            signal.signal(signal.SIGHUP, signal.SIG_DFL)  # `nohup make faults` ignores it
            os.execv(sys.executable, [sys.executable, "-m", "paretocaps", *words])
        started.append((driver, screen))
        until(lambda: read(screen) or next(tmp_path.glob("**/child"), None))
        (lock,) = tmp_path.glob("**/worker.lock")
        (child,) = tmp_path.glob("**/child")
        until(child.read_text)
        return driver, screen, int(lock.read_text()), int(child.read_text())

    yield start
    for driver, screen in started:
        with suppress(OSError):
            os.kill(driver, signal.SIGKILL)
        with suppress(OSError):
            os.close(screen)


def read(screen):
    """Empty the screen, which would otherwise block the driver; return nothing."""
    with suppress(OSError):  # the driver has closed it
        while select.select([screen], [], [], 0.0)[0]:
            os.read(screen, 65_536)


def ended(driver, until):
    """Return the exit code of a driver."""
    found = []
    until(lambda: found.append(os.waitpid(driver, os.WNOHANG)) or found[-1][0])
    return os.waitstatus_to_exitcode(found[-1][1])


@pytest.mark.parametrize("view", [[], pytest.param(["--plain"], marks=pytest.mark.slow)])
def test_a_closed_terminal_ends_the_study(terminal, view, until, running):
    driver, screen, worker, child = terminal("start_elsewhere", *view)
    os.close(screen)
    assert ended(driver, until) == 130
    assert not running(worker)
    assert not running(child)


def test_a_second_interrupt_does_not_wait(terminal, until, running):
    driver, screen, worker, child = terminal("hang")
    os.kill(driver, signal.SIGINT)
    time.sleep(0.2)
    began = time.monotonic()
    os.kill(driver, signal.SIGINT)
    until(lambda: read(screen) or not running(worker))
    assert time.monotonic() - began < 1.2, "a worker that is deaf to SIGTERM has 1.5 s to end"
    assert ended(driver, lambda condition: until(lambda: read(screen) or condition())) == 130
    assert not running(child)
