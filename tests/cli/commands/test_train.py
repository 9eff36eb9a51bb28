import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

QUICK = ("--set", "primary_capsules=4", "--set", "precision=fp32", "--limit-train", 100, "--device", "cpu")


def test_a_trial_of_a_study_is_trained_and_shown(run, towers):
    result = run("train", "--storage", towers, "--best", "acc", "--epochs", 3)
    assert result.exit_code == 0, result.stderr
    assert "3 epochs on digits" in result.stderr
    assert "epoch 3 of 3: acc 0.9600" in result.stderr
    assert "0.960 ±0.058" in result.stdout
    again = run("train", "--storage", towers, "--best", "acc", "--epochs", 3)
    assert again.exit_code == 2
    assert "--force" in again.stderr
    forced = run("train", "--storage", towers, "--best", "acc", "--epochs", 3, "--force", "--format", "json")
    assert json.loads(forced.stdout)["acc"] == pytest.approx(0.96)
    resumed = run("train", "--storage", towers, "--best", "acc", "--epochs", 3, "--resume", "--format", "csv")
    assert resumed.stdout.startswith("folder,weights,acc")
    assert "is already complete" in resumed.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--trial", 99], "99"),
        (["--knee", "--trial", 1], "several ways"),
        (["--study", "t"], "no way to pick a trial"),
        (["--epochs", 0, "--trial", 1], "epochs=0"),
        (["--ranks", 0, "--trial", 1], "ranks=0"),
        (["--ranks", 2, "--trial", 1], "trainer 'towers' trains on one rank only"),
    ],
)
def test_wrong_use_is_one_line(run, towers, arguments, message):
    result = run("train", "--storage", towers, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not Path("runs").exists()


@pytest.mark.slow
def test_torchrun_starts_the_ranks_and_one_of_them_talks(run):
    command = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "-m", "paretocaps", "train", *QUICK]
    done = subprocess.run(
        [sys.executable, *map(str, command), "--epochs", "2", "--output", "out", "--format", "json"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert "2 ranks of" in result["device"]
    assert done.stderr.count("epoch 2 of 2") == 1
    assert Path("out/weights.pt").exists()


@pytest.mark.slow
def test_ctrl_c_keeps_the_last_epoch_and_the_same_command_goes_on(run):
    """In a process of its own, as a terminal would interrupt it."""
    command = ["train", *QUICK, "--epochs", "12", "--checkpoint-every", "0.001", "--output", "out"]
    process = subprocess.Popen(
        [sys.executable, "-m", "paretocaps", *map(str, command)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])},
    )
    deadline = time.monotonic() + 60
    while not Path("out/checkpoint.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert process.stderr.read().splitlines()[-1].endswith("continue with the same command and --resume")
    process.stderr.close()
    result = run(*command, "--resume")
    assert result.exit_code == 0, result.stderr
    assert "continuing from out/checkpoint.pt" in result.stderr
    assert "paretocaps export --run out" in result.stderr
    assert Path("out/weights.pt").exists()
