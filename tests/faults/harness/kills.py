"""Kills drivers and workers of a study at random moments until it has been killed often enough."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from harness.study import Study


@dataclass(frozen=True)
class Kills:
    """What a study survived.

    Attributes:
        drivers, workers: how many of each were killed.
        lost: for each attempt that was cut off and gone on with, the epochs that were begun twice.
    """

    drivers: int
    workers: int
    lost: tuple[int, ...]


def kill_at_random(study: Study, kills: int, seed: int) -> Kills:
    """Run `study` to its end, with `kills` processes killed: a worker, a driver, or both at once.

    A kill comes at a random moment within up to three epochs of the one before; two in a row never come
    without an epoch between them, since trainings that do not get on are given up in the end. The study needs
    two epochs for each kill, and another trial for each driver that is killed and whose worker goes on.
    """
    chance, killed, epochs = random.Random(seed), Counter(), 1
    driver = study.start()
    while killed.total() < kills:
        epochs = chance.randint(0 if epochs else 1, 3)
        _wait_for_epochs(study, epochs)
        time.sleep(chance.uniform(0, 0.3))
        target = chance.choice(["worker", "worker", "driver", "both"])
        if target != "driver" and (work := study.work()) and _kill(study, work[-1][-1]):
            killed["worker"] += 1
        if target != "worker" and not driver.ended:
            driver.kill()
            killed["driver"] += 1
        if driver.ended:
            assert driver.wait() in (0, -signal.SIGKILL), driver.said
            assert killed.total() >= kills or driver.wait() != 0, f"the study ended after {killed} kills"
            driver = study.start()
    assert driver.wait(600) == 0, driver.said
    return Kills(killed["driver"], killed["worker"], tuple(lost_epochs(study)))


def lost_epochs(study: Study) -> Iterator[int]:
    """Yield how many epochs each attempt repeats of those that were begun before it."""
    latest: dict[tuple[int, int], int] = {}
    first: set[tuple[int, int, int]] = set()
    for trial, seed, attempt, epoch, what, _ in study.work():
        if what != "begun":
            continue
        if (trial, seed, attempt) not in first:
            first.add((trial, seed, attempt))
            if (trial, seed) in latest:
                yield latest[trial, seed] - epoch + 1
        latest[trial, seed] = epoch


def _wait_for_epochs(study: Study, more: int) -> None:
    """Wait until `more` epochs more were begun, or the driver has ended."""
    before = len(study.work())
    study.until(lambda: len(study.work()) - before >= 2 * more or study.drivers[-1].ended)


def _kill(study: Study, pid: int) -> bool:
    """Kill a process, and return whether it lived."""
    lived = pid in study.processes([pid])
    if lived:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return lived
