import time
from dataclasses import replace

import pytest


@pytest.mark.slow  # starts wandb's service
@pytest.mark.filterwarnings("ignore")  # wandb's own
def test_wandb_keeps_runs_offline_with_curves_values_and_weights(tmp_path, runs, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.setenv("WANDB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "data"))
    from paretocaps.loggers.wandb_logger import WandbLogger

    logger = WandbLogger("demo: 5%", tmp_path / "logs")
    for run in runs:
        logger.log(replace(run, study="demo: 5% é"))
    logger.close()
    first, second = sorted((tmp_path / "logs" / "wandb").glob("offline-run-*/*.wandb"), key=_written)
    until = time.monotonic() + 30
    while b"trial-00007-seed-1" not in second.read_bytes():  # wandb's service writes it a moment later
        assert time.monotonic() < until
        time.sleep(0.05)
    one = first.read_bytes()
    for part in (
        "trial-00007-seed-0",
        "lr_max",
        "epoch/train_loss",
        "12.5",
        "weights.pt",
        "capsnet",
        "demo_ 5_",
    ):
        assert part.encode() in one


def _written(path):
    return path.stat().st_mtime_ns
