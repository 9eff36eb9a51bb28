"""Small pictures in a page: each is embedded whole, so that the page needs no other file."""

from typing import Any

_GAP = 14  # a gap has the width of a picture divided by this


def picture_uri(picture: Any) -> str:
    """Return a picture, uint8 [H, W, C], as a data URI with a PNG in it; gray unless C is 3."""
    import plotly.express as px

    shown = picture if picture.shape[2] == 3 else picture[:, :, 0]
    trace = px.imshow(shown, zmin=0, zmax=255, binary_string=True, binary_backend="pypng").data[0]
    uri: str = trace.source
    return uri


def side_by_side(pictures: Any) -> Any:
    """Return pictures, uint8 [S, H, W, C], as one [H, ..., C], with a white gap between them."""
    import numpy as np

    gap = max(1, pictures.shape[2] // _GAP)
    padded = np.pad(pictures, ((0, 0), (0, 0), (0, gap), (0, 0)), constant_values=255)
    strip = padded.transpose(1, 0, 2, 3).reshape(pictures.shape[1], -1, pictures.shape[3])
    return strip[:, :-gap]
