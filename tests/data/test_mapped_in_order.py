import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.data.mapped_in_order import CHUNK, mapped_in_order


@given(st.integers(0, 200), st.integers(1, 5))
def test_results_are_in_order(count, threads) -> None:
    assert list(mapped_in_order(lambda item: item * 2, range(count), threads)) == [
        2 * i for i in range(count)
    ]


def test_only_a_few_items_are_taken_ahead() -> None:
    taken = []

    def items():
        for item in range(10_000):
            taken.append(item)
            yield item

    results = mapped_in_order(str, items(), threads=2)
    assert next(results) == "0"
    assert len(taken) <= 5 * CHUNK
    results.close()


def test_it_uses_its_threads() -> None:
    barrier = threading.Barrier(2, timeout=20)  # passed only by two at once

    def meet(item: int) -> int:
        barrier.wait()
        return item

    assert list(mapped_in_order(meet, range(2 * CHUNK), threads=2)) == list(range(2 * CHUNK))


def test_the_first_error_ends_it_and_no_thread_stays() -> None:
    before = threading.active_count()

    def fail(item: int) -> int:
        if item == 40:
            raise ValueError(item)
        return item

    found = []
    with pytest.raises(ValueError, match="40"):
        found.extend(mapped_in_order(fail, range(1000), threads=2))
    assert threading.active_count() == before
