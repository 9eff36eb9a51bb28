"""Chooses the view of a running study."""

from paretocaps.cli.live import LiveView
from paretocaps.cli.output import say, screen
from paretocaps.cli.plain import PlainView


def open_view(plain: bool) -> LiveView | PlainView:
    """Return the live view where stderr is a terminal that can draw, else plain lines on stderr."""
    console = None if plain else screen()
    return PlainView(say) if console is None else LiveView(console)
