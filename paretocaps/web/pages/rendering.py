"""Renders the pages from their templates, which share parts with those of reports."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from markupsafe import Markup

from paretocaps.domain.duration import lasting_text
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
        "lasting": lasting_text,
        "counted": counted,
        "sentence": sentence,
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


def ago(moment: datetime, now: datetime | None = None) -> str:
    """Return how long ago something was: "12 min ago"."""
    return f"{lasting_text(round((now or datetime.now(UTC)).timestamp() - moment.timestamp()))} ago"


def sentence(text: str) -> str:
    """Return a text that begins with a capital letter, unless it begins with a name such as lr_max."""
    return text if "_" in text.partition(" ")[0] else f"{text[:1].upper()}{text[1:]}"


def moment_text(moment: datetime) -> str:
    """Return a time in UTC, to the minute."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
