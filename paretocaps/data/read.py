"""The old name of `paretocaps.data.raw_splits`, which still works for one version."""

import warnings

from paretocaps.data.raw_splits import RawSplits, read_splits
from paretocaps.renamed import note

__all__ = ["RawSplits", "read_splits"]

warnings.warn(note(__name__, "paretocaps.data.raw_splits"), FutureWarning, stacklevel=2)
