import importlib
import sys

import pytest

from paretocaps.data import raw_splits


def test_the_old_name_of_a_documented_module_still_works(monkeypatch):
    monkeypatch.delitem(sys.modules, "paretocaps.data.read", raising=False)
    with pytest.warns(
        FutureWarning, match=r"^paretocaps.data.read is now paretocaps.data.raw_splits; the old"
    ):
        old = importlib.import_module("paretocaps.data.read")
    assert old.read_splits is raw_splits.read_splits
