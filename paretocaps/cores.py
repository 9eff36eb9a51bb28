"""The cores of this machine that this process may use, and those that it is pinned to for a while."""

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path

_SIBLINGS = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
_TASKS = Path("/proc/self/task")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_OLDER_QUOTA = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us")

_unpinned: list[set[int]] = []


def can_pin() -> bool:
    """Return whether this system can pin a process to cores."""
    return hasattr(os, "sched_setaffinity")


def one_of_each_core() -> tuple[int, ...]:
    """Return one logical processor of each core that this process may use where it is not pinned, in order.

    Two logical processors of one core slow each other down, so they are no two places to train.
    """
    first: dict[int, int] = {}
    for number in sorted(_unpinned[0] if _unpinned else _usable()):
        first.setdefault(core_of(number), number)
    return tuple(sorted(first.values()))


def core_of(number: int) -> int:
    """Return the name of a logical processor's core: the lowest number of a logical processor of it."""
    with suppress(OSError, ValueError):
        return int(re.split("[,-]", Path(_SIBLINGS.format(number)).read_text())[0])
    return number


def processors() -> int:
    """Return how many threads can run at once: on the processors that this process may use, as its container
    limits it.
    """
    return int(min(len(_usable()), max(1.0, quota())))


def quota() -> float:
    """Return to how many cores' time a container limits this process; infinity without a limit."""
    with suppress(OSError, ValueError):
        most, period = _QUOTA.read_text().split()
        return float(most) / float(period)  # "max" is no number
    with suppress(OSError, ValueError):
        most, period = (path.read_text() for path in _OLDER_QUOTA)
        return float(most) / float(period) if float(most) > 0 else inf
    return inf


@contextmanager
def pinned(numbers: Collection[int]) -> Iterator[None]:
    """Pin this process, with all its threads, to logical processors inside a `with` block; to none, do not.

    Threads and processes that are started there inherit it.

    Raises:
        OSError: the system does not allow it.
    """
    if not numbers:
        yield
        return
    before = _usable()
    _pin(numbers)
    _unpinned.append(before)
    try:
        yield
    finally:
        _unpinned.pop()
        _pin(before)


def part() -> str:
    """Return to which of its logical processors this process is pinned, as "1 of 2", or an empty text."""
    return f"{len(_usable())} of {len(_unpinned[0])}" if _unpinned else ""


def _usable() -> set[int]:
    return os.sched_getaffinity(0) if can_pin() else set(range(os.cpu_count() or 1))


def _pin(numbers: Collection[int]) -> None:
    os.sched_setaffinity(0, numbers)
    with suppress(OSError):
        for task in _TASKS.iterdir():
            with suppress(OSError):  # it has just ended
                os.sched_setaffinity(int(task.name), numbers)
