import sys

import pytest

from paretocaps.cli.live import LiveView
from paretocaps.cli.plain import PlainView
from paretocaps.cli.study_view import open_view


@pytest.mark.parametrize(
    ("terminal", "term", "plain", "view"),
    [
        (True, "xterm-256color", False, LiveView),
        (True, "xterm-256color", True, PlainView),
        (True, "dumb", False, PlainView),
        (False, "xterm-256color", False, PlainView),
    ],
)
def test_the_live_view_needs_a_terminal_that_can_draw(monkeypatch, terminal, term, plain, view):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    monkeypatch.setenv("TERM", term)
    assert type(open_view(plain)) is view
