"""Small pictures in a page: each is embedded whole, so that the page needs no other file."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from paretocaps.report.series import evenly

if TYPE_CHECKING:
    from paretocaps.evaluation.perturbation import PerturbationGrid
    from paretocaps.evaluation.reconstructions import Reconstruction

CELL = 56
"""Width of a reconstruction on the page, in pixels."""
_GRID_WIDTH = 330
_STEP_LABELS = 3
_GAP = 14  # a gap is this share of a picture

CSS = """
img { image-rendering: pixelated; display: block; }
.pictures { border-collapse: separate; border-spacing: 4px; font-size: 12px; }
.pictures th, .pictures td { background: none; border: 0; padding: 0; text-align: center; position: static; }
.pictures td:last-child:not(.number) { min-width: 0; }
.pictures th { font-weight: 400; color: var(--soft); vertical-align: middle; }
.pictures th.side { text-align: right; padding-right: 8px; }
.pictures th.wrong { color: #b34700; }
.scrolled { overflow-x: auto; margin: 0 0 18px; }
.grids { display: grid; grid-template-columns: repeat(auto-fill, minmax(365px, 1fr)); gap: 28px 24px; }
figure { margin: 0; }
figcaption { display: flex; align-items: center; gap: 10px; margin: 0 0 6px 22px; }
figcaption img { width: 34px; }
.grid { border-collapse: collapse; font-size: 10px; line-height: 1; }
.grid th, .grid td { border: 0; padding: 0 0 1px; background: none; color: var(--soft); font-weight: 400;
  position: static; }
.grid td:last-child:not(.number) { min-width: 0; }
.grid th { padding-right: 6px; text-align: right; vertical-align: middle; min-width: 22px; }
.grid .steps { display: flex; justify-content: space-between; padding-top: 3px; }
"""


def picture_uri(picture: Any) -> str:
    """Return a picture, uint8 [H, W, C], as a data URI with a PNG in it; gray unless C is 3."""
    import plotly.express as px

    shown = picture if picture.shape[2] == 3 else picture[:, :, 0]
    trace = px.imshow(shown, zmin=0, zmax=255, binary_string=True, binary_backend="pypng").data[0]
    uri: str = trace.source
    return uri


def reconstructions_html(shown: "Sequence[Reconstruction]", names: Sequence[str]) -> str:
    """Return images above their reconstructions: a column an image; wrong answers have one more row.

    Args:
        shown: right answers or wrong ones, one or more.
        names: of the classes.
    """
    wrong = any(not one.right for one in shown)
    rows = [
        ("label", [f"<th>{escape(names[one.label])}</th>" for one in shown]),
        ("image", _cells(one.image for one in shown)),
        ("drawn from the label's capsule" if wrong else "drawn", _cells(one.of_label for one in shown)),
    ]
    if wrong:
        rows.append(("drawn from the answer's capsule", _cells(one.of_answer for one in shown)))
        rows.append(("answer", [f"<th class='wrong'>{escape(names[one.predicted])}</th>" for one in shown]))
    rows.append(("confidence", [f"<th>{one.confidence:.2f}</th>" for one in shown]))
    lines = "".join(f"<tr><th class='side'>{side}</th>{''.join(cells)}</tr>" for side, cells in rows)
    return f"<table class='pictures'>{lines}</table>"


def side_by_side(pictures: Any) -> Any:
    """Return pictures, uint8 [S, H, W, C], as one [H, ..., C], with a white gap between them."""
    import numpy as np

    gap = max(1, pictures.shape[2] // _GAP)
    padded = np.pad(pictures, ((0, 0), (0, 0), (0, gap), (0, 0)), constant_values=255)
    strip = padded.transpose(1, 0, 2, 3).reshape(pictures.shape[1], -1, pictures.shape[3])
    return strip[:, :-gap]


def grid_html(grid: "PerturbationGrid", name: str) -> str:
    """Return the grid of a class, `name`: a row a dimension, the pose's own value in the middle."""
    steps, rows = grid.steps, ""
    for dimension, row in enumerate(grid.drawn, 1):
        rows += (
            f"<tr><th>{dimension}</th><td><img width='{_GRID_WIDTH}' alt='dimension {dimension}'"
            f" src='{picture_uri(side_by_side(row))}'></td></tr>"
        )
    marks = "".join(f"<span>{steps[i]:+g}</span>" for i in evenly(len(steps), _STEP_LABELS))
    return (
        f"<figure><figcaption><img alt='the image' src='{picture_uri(grid.image)}'>"
        f"<span>class {escape(name)}</span></figcaption>"
        f"<table class='grid'>{rows}<tr><th></th><td class='steps'>{marks}</td></tr></table></figure>"
    )


def _cells(pictures: Iterable[Any]) -> list[str]:
    return [f"<td><img width='{CELL}' alt='' src='{picture_uri(picture)}'></td>" for picture in pictures]
