"""Decides how the threads of a training wait for each other."""

import os
from collections.abc import MutableMapping

SPIN_COUNT = "3000"


def wait_briefly(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let OpenMP's threads spin for a few microseconds at a barrier, then sleep.

    It must be called before torch is loaded. By default, GNU OpenMP spins for about a millisecond. On a
    busy machine, a thread that spins takes the core from the thread it waits for, and small steps take many
    times as long; where threads sleep at once, they take longer on a quiet machine. A setting of the user is
    kept.

    Args:
        environment: the environment of the process that will train; by default this process's.
    """
    if "OMP_WAIT_POLICY" not in environment:
        environment.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)
