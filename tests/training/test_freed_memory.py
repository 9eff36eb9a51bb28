import ctypes
import resource
import subprocess
import sys

import pytest

from paretocaps.training.freed_memory import keep_freed_memory

FAULTS = """
import resource, torch
from paretocaps.training.freed_memory import keep_freed_memory
{call}
def step():
    return [torch.ones(1 << 20) for _ in range(4)]
for _ in range(3):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(call):
    script = FAULTS.format(call=call)
    return int(subprocess.run([sys.executable, "-c", script], check=True, capture_output=True).stdout)


@pytest.mark.skipif(not keep_freed_memory(), reason="the C library is not glibc")
def test_steps_that_free_and_allocate_the_same_bytes_get_no_new_pages():
    pages = 10 * (16 << 20) // resource.getpagesize()
    assert faults("keep_freed_memory()") < pages / 20


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert keep_freed_memory.__wrapped__() is False
