import os
from pathlib import Path

import pytest

from paretocaps.training.taken_time import Counters, TakenTime, read_counters

TICK = os.sysconf("SC_CLK_TCK")


def proc(folder: Path, waits: dict[int, int], lines: str) -> Path:
    for thread, wait in waits.items():
        own = folder / "self" / "task" / str(thread)
        own.mkdir(parents=True, exist_ok=True)
        (own / "schedstat").write_text(f"123456 {wait} 7\n")
    (folder / "stat").write_text(lines)
    return folder


def line(processor: int, user: int, idle: int, steal: int) -> str:
    return f"cpu{processor} {user * TICK} 0 0 {idle * TICK} 0 0 0 {steal * TICK} 0 0\n"


def test_waits_are_read_by_thread_and_stolen_time_by_the_processors_that_may_be_used(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 3})
    stat = (
        "cpu  9 9 9 9 9 9 9 9 9 9\n" + "".join(line(one, 10 * one, 5, one) for one in range(5)) + "intr 1 2\n"
    )
    counters = read_counters(proc(tmp_path, {11: 2_000_000_000, 12: 0}, stat))
    assert counters == Counters({11: pytest.approx(2.0), 12: 0.0}, stolen=4.0, wanted=44.0)


def test_a_thread_that_ends_is_left_out(tmp_path):
    folder = proc(tmp_path, {11: 10**9}, line(0, 1, 1, 0))
    (folder / "self" / "task" / "12").mkdir()
    counters = read_counters(folder)
    assert counters is not None
    assert list(counters.waits) == [11]


def test_a_kernel_that_tells_nothing_has_no_counters(tmp_path):
    assert read_counters(tmp_path) is None
    folder = proc(tmp_path, {11: 10**9}, line(0, 1, 1, 0))
    (folder / "self" / "task" / "11" / "schedstat").unlink()
    assert read_counters(folder) is None


class Kernel:
    """A clock and counters that a test moves on."""

    def __init__(self) -> None:
        self.now, self.readings = 0.0, 0
        self.waits, self.stolen, self.wanted = {1: 100.0, 2: 100.0}, 5.0, 50.0

    def read(self) -> Counters:
        self.readings += 1
        return Counters(dict(self.waits), self.stolen, self.wanted)

    def watch(self) -> TakenTime:
        return TakenTime(self.read, lambda: self.now)


def test_the_longest_wait_of_each_reading_counts_and_so_does_the_share_that_was_stolen():
    kernel = Kernel()
    watch = kernel.watch()
    for thread in (1, 2):
        watch.start()
        kernel.now += 10.0
        kernel.waits[thread] += 3.0
        kernel.waits[3 - thread] += 1.0
        kernel.stolen, kernel.wanted = kernel.stolen + 1.0, kernel.wanted + 20.0
        watch.step()
    assert watch.shares == (pytest.approx(0.3), pytest.approx(0.05))


def test_what_passes_between_a_stop_and_the_next_start_is_not_counted():
    kernel = Kernel()
    watch = kernel.watch()
    watch.start()
    kernel.now += 0.1
    watch.stop()
    kernel.now += 100.0
    kernel.waits[1] += 100.0
    watch.stop()
    watch.start()
    kernel.now += 0.1
    watch.stop()
    assert (watch.seconds, watch.waited) == (pytest.approx(0.2), 0.0)


def test_short_steps_are_read_together():
    kernel = Kernel()
    watch = kernel.watch()
    for _ in range(1000):
        watch.start()
        kernel.now += 0.001
        watch.step()
    assert kernel.readings <= 4


def test_sums_go_on_in_another_process():
    kernel = Kernel()
    first = kernel.watch()
    first.start()
    kernel.now, kernel.waits = 2.0, {1: 101.0}
    first.stop()
    later = kernel.watch()
    later.restore(first.state())
    assert later.shares == first.shares == (0.5, 0.0)


def test_without_counters_nothing_is_told():
    watch = TakenTime(lambda: None)
    watch.start()
    watch.step()
    watch.stop()
    assert watch.shares is None


def test_this_kernel_is_read_or_tells_nothing():
    counters = read_counters()
    assert counters is None or (counters.waits and 0 <= counters.stolen <= counters.wanted)
