"""Renders a page from its template, and writes it to its file."""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocaps.errors import UsageError, why_not_written
from paretocaps.report.pictures import picture_uri, side_by_side
from paretocaps.report.places import without_folders
from paretocaps.report.series import evenly
from paretocaps.writing import whole_file

if TYPE_CHECKING:
    from jinja2 import Environment
    from plotly.graph_objects import Figure


@cache
def templates() -> "Environment":
    """Return the templates of the pages; every value that is filled in is escaped, and without folders."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader("paretocaps.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "plotly": figure_html,
        "png": picture_uri,
        "side_by_side": side_by_side,
        "evenly": lambda values, limit: [values[i] for i in evenly(len(values), limit)],
    }
    return found


def _shown(value: Any) -> Any:
    """Return a value as a page shows it; markup is made of parts that passed here, or of figures."""
    return without_folders(value) if type(value) is str else value


def figure_html(figure: "Figure", name: str) -> str:
    """Return a figure's HTML, as wide as its container and without plotly.js.

    Images that a reader saves are called `name`.
    """
    plain = re.sub(r"[^\w.-]+", "_", name)  # plotly writes its configuration into the script unescaped
    config = {"responsive": True, "displaylogo": False, "toImageButtonOptions": {"filename": plain}}
    html: str = figure.to_html(
        full_html=False, include_plotlyjs=False, config=config, default_height=f"{figure.layout.height}px"
    )
    return html


def write_page(path: str | Path, template: str, title: str, **content: Any) -> Path:
    """Write a page that needs no other file and no connection (plotly.js is in it); return its path.

    The file is replaced whole or not at all (see `whole_file`).

    Args:
        path: the page; overwritten.
        template: the name of its template, without the ending.
        title: the page's title.
        content: the template's variables, by name.

    Raises:
        UsageError: it cannot be written there.
    """
    from plotly.offline import get_plotlyjs

    place = Path(path)
    if not place.name or place.is_dir():
        raise UsageError(
            f"page {str(path)!r} cannot be written: it is a folder: name a file, such as page.html"
        )
    shown = templates().get_template(f"{template}.html.jinja")
    page = shown.render(title=title, plotlyjs=get_plotlyjs(), **content)
    try:
        with whole_file(place) as stream:
            stream.write(page.encode())
    except OSError as error:
        why = why_not_written(error, "name another file")
        raise UsageError(f"page {str(path)!r} cannot be written: {why}") from None
    return place
