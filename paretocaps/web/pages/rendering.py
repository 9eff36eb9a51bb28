"""Renders the pages from their templates, which share parts with those of reports."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from markupsafe import Markup

from paretocaps.domain.wording import counted
from paretocaps.report.series import reconstructs
from paretocaps.report.tables import with_prefix
from paretocaps.web.pages.assets import assets
from paretocaps.web.pages.sparkline import sparkline

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, content: Mapping[str, Any]) -> str:
    """Return a page, or a part of one, from the template of that name, without its ending."""
    return templates().get_template(f"{template}.html.jinja").render(content)


@cache
def templates() -> "Environment":
    """Return the templates of the pages, which find those of reports, too."""
    from jinja2 import ChoiceLoader, PackageLoader

    from paretocaps.report.html import templates as shared

    reports = shared()
    loader = ChoiceLoader([PackageLoader("paretocaps.web.pages"), *filter(None, [reports.loader])])
    found = reports.overlay(loader=loader)
    found.filters = {
        **reports.filters,
        "ago": ago,
        "moment": moment_text,
        "lasting": lasting,
        "counted": counted,
        "reconstructs": reconstructs,
        "bytes": lambda number: with_prefix(number, "B"),
        "sparkline": sparkline,
    }
    found.globals = {**reports.globals, "asset": lambda name: Markup(assets()[name].address), "at": at}
    return found


def at(*names: str | int) -> Markup:
    """Return the address of a page: at("studies", "a b", "trials") is "/studies/a%20b/trials".

    It is markup, because texts are shown without folders.
    """
    return Markup("/" + "/".join(quote(str(name), safe="") for name in names))


def lasting(seconds: float | None) -> str:
    """Return about how long something takes: "0.5 s", "40 s", "12 min", "3 h 20 min"; "-" where unknown."""
    if seconds is None:
        return "-"
    if 0 < seconds < 1:
        return f"{seconds:.2g} s"
    if seconds < 100:
        return f"{max(seconds, 0):.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def ago(moment: datetime, now: datetime | None = None) -> str:
    """Return how long ago something was: "12 min ago"."""
    return f"{lasting(round((now or datetime.now(UTC)).timestamp() - moment.timestamp()))} ago"


def moment_text(moment: datetime) -> str:
    """Return a time in UTC, to the minute."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
