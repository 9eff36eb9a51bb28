"""Renders a page from its template, and writes it to its file."""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocaps.errors import UsageError, why_not_written
from paretocaps.masking import masked
from paretocaps.report.pictures import picture_uri, side_by_side
from paretocaps.report.places import without_folders
from paretocaps.report.plotly_script import plotly_script
from paretocaps.report.plotted import Plotted, plotted
from paretocaps.report.series import evenly
from paretocaps.report.shared_arrays import SharedArrays, script_json
from paretocaps.writing import expanded, whole_file

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.runtime import Context
    from markupsafe import Markup
    from plotly.graph_objects import Figure

_CODE = re.compile("`([^`]+)`")


@cache
def templates() -> "Environment":
    """Return the templates of the pages; every value that is filled in is escaped, and without folders."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context

    found = Environment(
        loader=PackageLoader("paretocaps.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "plotted": pass_context(_plotted),
        "script_json": script_json,
        "with_code": with_code,
        "in_words": in_words,
        "png": picture_uri,
        "side_by_side": side_by_side,
        "evenly": lambda values, limit: [values[i] for i in evenly(len(values), limit)],
    }
    return found


def _plotted(context: "Context", figure: "Figure", name: str) -> Plotted:
    """Return a figure taken apart for the page that is rendered, whose figures may share long arrays."""
    return plotted(figure, name, context.get("arrays"))


def with_code(text: str) -> "Markup":
    """Return a text for a page, in which what stands between backticks is marked as code."""
    from markupsafe import Markup

    code = Markup("<code>{}</code>")
    parts = _CODE.split(_shown(str(text)))
    return Markup("").join(code.format(part) if at % 2 else part for at, part in enumerate(parts))


def in_words(command: str) -> "Markup":
    """Return a command for a page, whose lines break at its blanks and not at the hyphens of its options."""
    from markupsafe import Markup, escape

    words = _shown(str(command)).split(" ")
    return Markup(" ").join(Markup("<span>{}</span>").format(w) if "-" in w else escape(w) for w in words)


def _shown(value: Any) -> Any:
    """Return a value as a page shows it: texts without folders and passwords; markup is made of such."""
    return without_folders(masked(value)) if type(value) is str else value


def write_page(
    path: str | Path, template: str, title: str, *, standalone: bool = True, **content: Any
) -> Path:
    """Write a page that needs no connection; return its path.

    Each file is replaced whole or not at all (see `whole_file`).

    Args:
        path: the page; overwritten.
        template: the name of its template, without the ending.
        title: the page's title.
        standalone: whether plotly.js is in the page, which then needs no other file; else it is a file beside
            it, which all pages of a folder share.
        content: the template's variables, by name.

    Raises:
        UsageError: it cannot be written there.
    """
    from plotly.offline import get_plotlyjs_version

    place = expanded(path)
    if not place.name or place.is_dir():
        raise UsageError(
            f"page {str(path)!r} cannot be written: it is a folder: name a file, such as page.html"
        )
    shown = templates().get_template(f"{template}.html.jinja")
    beside = "" if standalone else f"plotly-{get_plotlyjs_version()}.min.js"
    plotlyjs = "" if beside else plotly_script()
    page = shown.render(title=title, plotlyjs=plotlyjs, beside=beside, arrays=SharedArrays(), **content)
    try:
        if beside and not place.with_name(beside).exists():
            _write(place.with_name(beside), plotly_script())
        _write(place, page)
    except OSError as error:
        why = why_not_written(error, "name another file")
        raise UsageError(f"page {str(path)!r} cannot be written: {why}") from None
    return place


def _write(place: Path, text: str) -> None:
    with whole_file(place) as stream:
        stream.write(text.encode())
