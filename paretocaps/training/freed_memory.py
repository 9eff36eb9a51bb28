"""Keeps freed memory for the next step, where the C library would hand it back to the kernel."""

import ctypes
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # parameters of glibc's mallopt
_MOST_KEPT = 256 << 20
_LARGEST = 32 << 20  # glibc's limit for allocations that are kept at all


@cache
def keep_freed_memory() -> bool:
    """Let this process keep up to 256 MiB that it frees; return whether the C library can (glibc).

    A step frees its gradients and temporaries, and the next step allocates as many bytes. In between glibc
    hands them back to the kernel, which then maps and clears every page anew. The peak of the memory in use
    is not changed. It is done once per process.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGEST)) and bool(mallopt(_TRIM_THRESHOLD, _MOST_KEPT))
