"""Checkpoints of a study that are damaged while nothing runs: each is named, and nothing else changes."""

import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.slow
COMMAND = [
    *(sys.executable, "-m", "paretocaps", "optimize", "--study", "s", "--trials", "1", "--epochs", "12"),
    *("--limit-train", "200", "--no-designs", "--objectives", "acc,params", "--device", "cpu"),
    *("--fix", "family=lenet5", "--fix", "batch_size=20", "--fix", "batch_schedule=constant"),
    *("--fix", "precision=fp32", "--checkpoint-every", "0.001"),
]
LOSSES = """
SELECT epoch, train_loss FROM paretocaps_epochs JOIN paretocaps_attempts a ON a.id = attempt_id
WHERE state = 'finished' ORDER BY epoch
"""


def rows(folder, query):
    connection = sqlite3.connect(folder / "studies" / "paretocaps.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def complete(folder):
    done = subprocess.run(COMMAND, cwd=folder, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stderr


def cut_off(folder):
    """Run the study until its training has two checkpoints, and interrupt it; return them, the last first."""
    process = subprocess.Popen(COMMAND, cwd=folder, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(folder.rglob("checkpoint-earlier.pt")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(60) == 130
    (last,), (earlier,) = folder.rglob("checkpoint.pt"), folder.rglob("checkpoint-earlier.pt")
    return last, earlier


@pytest.fixture(scope="module")
def losses(tmp_path_factory):
    """The losses of a training that nothing disturbs."""
    folder = tmp_path_factory.mktemp("undisturbed")
    complete(folder)
    return rows(folder, LOSSES)


def test_where_the_last_one_is_damaged_the_one_before_is_taken(tmp_path, losses):
    last, _ = cut_off(tmp_path)
    content = bytearray(last.read_bytes())
    content[len(content) // 2] ^= 1
    last.write_bytes(content)
    said = complete(tmp_path)
    assert (
        "checkpoint.pt' cannot be read (it is damaged): the training went on from the one before it" in said
    )
    assert rows(tmp_path, LOSSES) == losses


def test_where_both_are_truncated_the_training_begins_anew(tmp_path, losses):
    for checkpoint in cut_off(tmp_path):
        os.truncate(checkpoint, checkpoint.stat().st_size // 2)
    said = complete(tmp_path)
    assert said.count("cannot be read (it is cut off or holds something else)") == 2
    assert "the training began anew" in said
    assert rows(tmp_path, LOSSES) == losses
    assert not list(tmp_path.rglob("checkpoint*"))
