import subprocess
import sys

import pytest

from paretocaps.models.allocator import keep_freed_memory

SCRIPT = """
import resource, sys
from paretocaps.models.allocator import keep_freed_memory

kept = keep_freed_memory() if sys.argv[1] == "keep" else False

def touch():
    for _ in range(3):
        bytearray(48 << 20)  # more than the C library would ever keep by itself

touch()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
touch()
print(int(kept), resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(mode):
    done = subprocess.run([sys.executable, "-c", SCRIPT, mode], capture_output=True, text=True, check=True)
    kept, count = map(int, done.stdout.split())
    return bool(kept), count


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc is Linux's")
def test_freed_memory_is_used_again_without_new_pages():
    kept, few = faults("keep")
    if not kept:
        pytest.skip("the C library is not glibc")
    _, many = faults("default")
    assert few < many / 10


def test_elsewhere_nothing_happens(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert keep_freed_memory() is False


def test_a_c_library_without_the_call_is_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("paretocaps.models.allocator.ctypes.CDLL", lambda _: object())
    assert keep_freed_memory() is False
