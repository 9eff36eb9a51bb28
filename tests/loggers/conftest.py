from datetime import UTC, datetime

import pytest

from paretocaps.loggers.logger import Run


@pytest.fixture
def runs(tmp_path):
    """Return two runs of one trial: one with curves and weights, and one of which only values are known."""
    weights = tmp_path / "weights.pt"
    weights.write_bytes(b"weights")
    curves = [(1, {"acc": 0.5, "train_loss": 2.0}), (2, {"acc": 0.75})]
    common = {"study": "demo", "trial": "trial-00007", "ended": datetime(2026, 1, 2, tzinfo=UTC)}
    choices = {"lr_max": 0.001, "family": "capsnet", "weight_sharing": True}
    tags = {"trial": "7", "seed": "0", "flags": "loaded"}
    values = {"acc": 0.75, "time": 12.5}
    known = {"choices": choices, "tags": tags, "curves": curves, "values": values, "files": [weights]}
    none = {"choices": {}, "tags": {}, "curves": [], "values": {"acc": 0.5}, "files": []}
    return [
        Run(name="trial-00007-seed-0", **known, **common),
        Run(name="trial-00007-seed-1", **none, **common),
    ]
