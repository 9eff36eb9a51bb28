"""Figures as picture files, which kaleido draws with an installed Chromium."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from paretocaps.errors import UsageError, why_not_written
from paretocaps.extras import require

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_WIDTH = 900


def folder_of(page: Path) -> Path:
    """Return the folder beside a page for its pictures: reports/demo-pictures for reports/demo.html."""
    return page.with_name(f"{page.stem}-pictures")


def write_pictures(folder: Path, figures: "Mapping[str, Figure]", form: str) -> list[Path]:
    """Write figures as files named after them, "front-acc-time.png"; return their paths.

    Args:
        folder: where they are written; made where it is missing.
        figures: the figures by name.
        form: "png" or "svg".

    Raises:
        UsageError: kaleido or a Chromium is missing, or a file cannot be written.
    """
    require("pictures", "a picture file", "kaleido", instead="leave out --pictures")
    from plotly.io import write_images

    shown, places = [], []
    for name, figure in figures.items():
        drawn = type(figure)(figure)
        wide = (figure.layout.meta or {}).get("narrowest", 0)
        shown.append(drawn.update_layout(updatemenus=[], width=max(_WIDTH, wide)))
        places.append(folder / f"{name.replace(' ', '-')}.{form}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_images(shown, places, format=form)
    except OSError as error:
        why = why_not_written(error, "name another page")
        raise UsageError(f"pictures cannot be written to {str(folder)!r}: {why}") from None
    except Exception as error:  # kaleido's own, where it finds no browser
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UsageError(
            f"pictures need a Chromium that kaleido can start ({first}): install one, or leave out --pictures"
        ) from None
    return places
