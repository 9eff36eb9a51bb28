"""Which view a running study gets."""

import os
import sys

from rich.console import Console

from paretocaps.cli.live import LiveView
from paretocaps.cli.output import say
from paretocaps.cli.plain import PlainView


def open_view(plain: bool) -> LiveView | PlainView:
    """Return the live view where stderr is a terminal that can draw, else plain lines on stderr."""
    if plain or not sys.stderr.isatty() or os.environ.get("TERM", "dumb") in ("dumb", "unknown"):
        return PlainView(say)
    return LiveView(Console(stderr=True, highlight=False))
