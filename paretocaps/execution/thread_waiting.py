"""How a training's threads wait for each other."""

import os
from collections.abc import MutableMapping

SPIN_COUNT = "3000"


def wait_briefly(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let OpenMP's threads spin for some microseconds at a barrier, then sleep; before torch is loaded.

    GNU OpenMP spins for about a millisecond. On a machine with anything else to do, a thread that spins
    takes the core from the one it waits for, and small steps became 10 to 100 times slower; sleeping at
    once costs a quiet machine up to a third. What the user has set stays.

    Args:
        environment: of the process that will train; by default this one's.
    """
    if "OMP_WAIT_POLICY" not in environment:
        environment.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)
