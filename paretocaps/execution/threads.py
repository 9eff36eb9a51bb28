"""How a training's threads wait for each other."""

import os

SPIN_COUNT = "3000"


def wait_briefly() -> None:
    """Let OpenMP's threads spin for some microseconds at a barrier, then sleep; before torch is loaded.

    GNU OpenMP spins for about a millisecond. On a machine with anything else to do, a thread that spins
    takes the core from the one it waits for, and small steps became 10 to 100 times slower; sleeping at
    once costs a quiet machine up to a third. What the user has set stays.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)
