"""Memory that stays with the process between training steps."""

import ctypes
import sys

# mallopt's parameters, from glibc's malloc.h
_TRIM_THRESHOLD = -1
_MMAP_MAX = -4
_LARGEST = 2**31 - 1


def keep_freed_memory() -> bool:
    """Ask the C library to reuse freed memory rather than give it back to the system; return whether it will.

    A training step frees its gradients and activations and asks for as much again. By default glibc
    hands blocks of that size back, and the system then has to find, clear and map every page of the next
    step anew. Call it once, before training on a CPU, in a process whose business is training:
    what was once used stays resident until it ends, and the whole process is meant. Elsewhere than on
    glibc nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    return bool(mallopt(_MMAP_MAX, 0)) and bool(mallopt(_TRIM_THRESHOLD, _LARGEST))
