import signal
import threading
import time

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from paretocaps.domain.tuning import Tuning
from paretocaps.models.shared_work import _helpers, share_out
from paretocaps.models.tuned import tuning_in_force, using


@pytest.fixture(params=[1, 2, 3])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def test_each_piece_is_computed_once_by_as_many_threads_as_there_are(threads):
    met, taken = threading.Barrier(threads, timeout=60), []

    def work(piece):
        taken.append((piece, threading.get_ident(), torch.get_num_threads()))
        if piece < threads:
            met.wait()  # each has one

    share_out(work, range(12))
    assert sorted(piece for piece, *_ in taken) == list(range(12))
    assert len({thread for _, thread, _ in taken}) == threads
    assert {alone for *_, alone in taken} == {1}
    assert torch.get_num_threads() == threads


def test_few_pieces_follow_each_other_with_all_threads(threads):
    taken = []
    share_out(lambda piece: taken.append((piece, threading.get_ident(), torch.get_num_threads())), "a")
    assert taken == [("a", threading.get_ident(), threads)]


def test_all_compute_without_gradients_by_the_tuning_in_force(threads):
    weight, found = torch.ones(8, 4, 4, requires_grad=True), torch.zeros(8, 4, 4)
    tunings = set()

    def work(piece):
        tunings.add(tuning_in_force())
        torch.mm(weight[piece], weight[piece], out=found[piece])

    with using(Tuning(products="onednn")), torch.no_grad():
        share_out(work, range(8))
    assert tunings == {Tuning(products="onednn")}
    assert found.eq(4).all()


def test_an_error_is_raised_and_nothing_more_is_begun(threads):
    taken = []

    def work(piece):
        taken.append(piece)
        if piece == 3:
            raise LookupError("this piece")
        time.sleep(0.001)

    with pytest.raises(LookupError, match="this piece"):
        share_out(work, range(1000))
    assert len(taken) < 1000
    assert torch.get_num_threads() == threads
    share_out(taken.append, range(8))  # all threads are free again


def test_after_a_signal_nothing_more_is_begun(threads):
    main, taken = threading.main_thread().ident, []

    def work(piece):
        taken.append(piece)
        if piece == 3:
            signal.pthread_kill(main, signal.SIGINT)
        time.sleep(0.001)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            share_out(work, range(1000))
    finally:
        signal.signal(signal.SIGINT, before)
    count = len(taken)
    assert count < 1000
    assert torch.get_num_threads() == threads
    share_out(taken.append, range(8))
    assert sorted(taken[count:]) == list(range(8))


def test_threads_that_begin_later_have_as_many_threads_for_an_operation_as_before(threads):
    _helpers.cache_clear()
    share_out(lambda piece: torch.ones(2) + 1, range(8))
    found = []
    other = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    other.start()
    other.join()
    assert found == [threads]


def test_where_no_thread_can_be_started_pieces_follow_each_other(threads, monkeypatch):
    def refused(self):
        raise RuntimeError("can't start new thread")

    _helpers.cache_clear()
    monkeypatch.setattr(threading.Thread, "start", refused)
    taken = []
    share_out(taken.append, range(8))
    assert taken == list(range(8))
    _helpers.cache_clear()


def test_an_error_of_a_piece_is_none_of_the_threads(threads):
    def work(piece):
        raise IndexError("of the piece")

    with pytest.raises(IndexError, match="of the piece"):
        share_out(work, range(8))


def test_pieces_may_change_tensors_of_inference(threads):
    with torch.inference_mode():
        found = torch.zeros(8, 4, 4)
        share_out(lambda piece: torch.mm(torch.eye(4), torch.eye(4), out=found[piece]), range(8))
    assert found.eq(torch.eye(4)).all()


def test_what_counts_operations_sees_those_of_all_pieces(threads):
    factors = torch.ones(6, 2, 2)
    with FlopCounterMode(display=False) as counter:
        share_out(lambda piece: torch.mm(factors[piece], factors[piece]), range(6))
    assert counter.get_total_flops() == 6 * 2 * 2 * 2 * 2
