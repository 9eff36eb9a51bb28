"""The images that this process read last; this file imports no torch."""

from typing import Any

from paretocaps.domain.job import DataSpec

LAST: dict[DataSpec, Any] = {}
"""The `DataSplits` of one `DataSpec` at most."""


def forget() -> None:
    """Forget them, as for files that have changed."""
    LAST.clear()
