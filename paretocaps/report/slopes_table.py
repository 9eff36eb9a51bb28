"""Tables of the slopes of memory and time per block."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from paretocaps.report.depth import EPOCH_TIME, GROWING, DepthLine
from paretocaps.report.slopes import Slope
from paretocaps.report.tables import Column, Table, with_prefix

if TYPE_CHECKING:
    from paretocaps.domain.published import PublishedRow

_UNITS = {"memory": "B", "acc": ""}
_HEADINGS = {"memory": "memory per block", EPOCH_TIME: "s per epoch, per block"}
_PUBLISHED = {"memory": "memory", EPOCH_TIME: "epoch_seconds"}
"""The keys of study files for the slopes that a paper publishes."""


def slopes_table(lines: Sequence[DepthLine]) -> Table | None:
    """Return the growth of memory and of seconds per epoch per block, a row for each kind of network.

    Beside each stands the half width of its 95 % interval, and R squared of the fit. It is None where nothing
    was fitted.

    Args:
        lines: from `depth.depth_lines`.
    """
    names = list(dict.fromkeys(line.name for line in lines if line.slope is not None))
    return Table.of([("network", False, list(names)), *_measured(lines, names)]) if names else None


def slopes_beside(published: "Sequence[PublishedRow]", lines: Sequence[DepthLine]) -> Table | None:
    """Return published slopes, each with those measured of the networks that it describes.

    It is None without published slopes.

    Args:
        published: rows whose figures are slopes, with the choices of the networks that they are of.
        lines: from `depth.depth_lines`.
    """
    pairs: list[tuple[PublishedRow, str]] = []
    for row in published:
        about = [one for one in lines if row.allows(one.kind) and one.slope is not None]
        pairs += [(row, name) for name in dict.fromkeys(line.name for line in about) or ("not trained",)]
    if not pairs:
        return None
    columns: list[Column] = [("row", False, [row.name for row, _ in pairs])]
    for quantity, key in _PUBLISHED.items():
        if any(key in row.figures for row, _ in pairs):
            found = [row.figures.get(key) for row, _ in pairs]
            texts = ["-" if value is None else amount_text(quantity, value) for value in found]
            columns.append((_HEADINGS[quantity], True, texts))
    first, names = len(columns), [name for _, name in pairs]
    columns += [("network", False, names), *_measured(lines, names)]
    groups = (("published, not measured here", first), ("measured here", len(columns) - first))
    return Table.of(columns, groups)


def slope_text(quantity: str, slope: Slope) -> str:
    """Return a slope for people, with the half width of its 95 % interval: "185 MB ±2.1 MB"."""
    half = "" if slope.high is None else f" ±{amount_text(quantity, slope.high - slope.each)}"
    return amount_text(quantity, slope.each) + half


def amount_text(quantity: str, value: float) -> str:
    """Return a value of a quantity that is shown against depth: "4.50 GB", "12.5 s", "0.75"."""
    unit = _UNITS.get(quantity, "s")
    return with_prefix(value, unit) if unit == "B" else f"{value:.4g} {unit}".rstrip()


def _measured(lines: Sequence[DepthLine], names: Sequence[str]) -> list[Column]:
    """Return two columns for each quantity that was fitted: the slopes of the lines, and R squared."""
    found = {(line.quantity, line.name): line.slope for line in lines if line.slope is not None}
    columns: list[Column] = []
    for quantity in (one for one in GROWING if any(key[0] == one for key in found)):
        slopes = [found.get((quantity, name)) for name in names]
        shares = [slope.explained if slope else None for slope in slopes]
        texts = ["-" if slope is None else slope_text(quantity, slope) for slope in slopes]
        columns.append((_HEADINGS[quantity], True, texts))
        columns.append(("R²", True, ["-" if share is None else f"{share:.3f}" for share in shares]))
    return columns
