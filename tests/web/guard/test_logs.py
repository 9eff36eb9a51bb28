import io
import json
import logging

import pytest

from paretocaps.web.guard.logs import log_request, log_to
from paretocaps.web.guard.observing import Answered
from paretocaps.web.guard.principal import Principal


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def logging_as_it_was():
    names = ("paretocaps", "uvicorn.error")
    loggers = [logging.getLogger(name) for name in names]
    kept = [(one, one.handlers, one.propagate, one.level) for one in loggers]
    yield
    for one, handlers, propagate, level in kept:
        one.handlers, one.propagate = handlers, propagate
        one.setLevel(level)


def request(method="GET", path="/who", status=200, **other):
    who = Principal("rita", "read")
    given = {
        "id": "1f",
        "route": "/who",
        "seconds": 0.01234,
        "streamed": False,
        "address": "192.0.2.1",
        "who": who,
    }
    return Answered(
        method=method, path=path, status=status, **{"reason": None, "made": None, **given, **other}
    )


@pytest.mark.usefixtures("logging_as_it_was")
def test_a_request_is_a_line_of_json():
    stream = io.StringIO()
    log_to(stream)
    log_request(request())
    line = json.loads(stream.getvalue())
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "debug",
        "logger": "paretocaps.web.requests",
        "message": "GET '/who' by rita: 200",
        "request": "1f",
        "method": "GET",
        "path": "/who",
        "status": 200,
        "seconds": 0.0123,
        "who": "rita",
        "address": "192.0.2.1",
    }


@pytest.mark.usefixtures("logging_as_it_was")
def test_a_terminal_shows_changes_and_refusals():
    stream = Terminal()
    log_to(stream)
    log_request(request())
    log_request(request("POST", "/things", 202))
    log_request(request(status=401, who=None, reason="no token"))
    assert stream.getvalue().splitlines() == [
        "POST '/things' by rita: 202",
        "GET '/who' by nobody: 401 (no token)",
    ]


@pytest.mark.usefixtures("logging_as_it_was")
def test_a_line_shows_no_password_and_no_second_line():
    stream = io.StringIO()
    log_to(stream)
    try:
        raise RuntimeError("postgresql://me:hidden@host/db\nis away")
    except RuntimeError:
        logging.getLogger("paretocaps.web").exception("postgresql://me:hidden@host/db failed")
    (line,) = stream.getvalue().splitlines()
    assert "hidden" not in line
    assert "RuntimeError" in json.loads(line)["traceback"]
