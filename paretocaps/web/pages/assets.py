"""The script and the style sheet of the pages, and plotly's, as files that a browser keeps."""

import gzip
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from importlib.resources import files

from paretocaps.report.plotly_script import plotly_script
from paretocaps.web.guard.door import STATIC


@dataclass(frozen=True)
class Asset:
    """A file for browsers, whose address changes with its content.

    Attributes:
        name: its name, without what changes.
        kind: its media type.
        content: its bytes.
    """

    name: str
    kind: str
    content: bytes

    @cached_property
    def address(self) -> str:
        """Its address on this service."""
        stem, _, ending = self.name.rpartition(".")
        return f"{STATIC}{stem}-{sha256(self.content).hexdigest()[:12]}.{ending}"

    @cached_property
    def compressed(self) -> bytes:
        """Its bytes as gzip."""
        return gzip.compress(self.content, 6, mtime=0)


@cache
def assets() -> dict[str, Asset]:
    """Return the files by name."""
    shared = files("paretocaps.report") / "templates"
    own = files("paretocaps.web.pages") / "static"
    icon = (own / "icon.svg").read_bytes()
    css = (shared / "page.css").read_bytes() + (own / "pages.css").read_bytes()
    js = (shared / "page.js").read_bytes() + (own / "pages.js").read_bytes()
    found = (
        Asset("pages.css", "text/css; charset=utf-8", css),
        Asset("pages.js", "text/javascript; charset=utf-8", js),
        Asset("plotly.js", "text/javascript; charset=utf-8", plotly_script().encode()),
        Asset("icon.svg", "image/svg+xml", icon),
    )
    return {one.name: one for one in found}


def at(address: str) -> Asset | None:
    """Return the file at an address of this service, or None if there is none."""
    return next((one for one in assets().values() if one.address == address), None)
