import signal
import threading
import weakref
from contextlib import suppress

import pytest

from paretocaps.errors import ParetocapsError
from paretocaps.search.interrupts import Interrupts, TimeIsUpError
from paretocaps.storage.patience import Patience


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_interrupts_and_the_handlers_come_back(number):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    hang_up = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # `nohup` would have it ignored
    terminating = signal.getsignal(signal.SIGTERM)
    try:
        interrupts = Interrupts()
        with pytest.raises(KeyboardInterrupt), interrupts.watching():
            signal.raise_signal(number)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert signal.getsignal(signal.SIGTERM) is terminating
    finally:
        signal.signal(signal.SIGINT, before)
        signal.signal(signal.SIGHUP, hang_up)
    with pytest.raises(KeyboardInterrupt):
        interrupts.check()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_one_that_a_weak_references_callback_swallows_is_raised_at_the_next_check():
    class Thing:
        pass

    interrupts, thing = Interrupts(), Thing()
    with interrupts.watching():
        reference = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGTERM))
        del thing  # Python prints the KeyboardInterrupt of the callback, and goes on
        assert reference() is None
        with pytest.raises(KeyboardInterrupt):
            interrupts.check()


def _raised_from_a_signal(error):
    """Raise `error` from a signal, as Python 3.11 does where it creates a class."""
    try:
        signal.raise_signal(signal.SIGTERM)
    except KeyboardInterrupt as interrupt:
        raise error from interrupt


def _raised_after_a_signal(error):
    with suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
    raise error


@pytest.mark.parametrize("error", [RuntimeError("Error calling __set_name__"), ParetocapsError("a plug-in")])
def test_one_from_which_another_exception_is_raised_is_an_interrupt_again(error):
    interrupts = Interrupts()
    with pytest.raises(KeyboardInterrupt) as raised, interrupts.watching():
        _raised_from_a_signal(error)
    assert raised.value.__cause__ is error
    assert interrupts.signals == 1


def test_what_goes_wrong_after_a_signal_is_told():
    with pytest.raises(LookupError), Interrupts().watching():
        _raised_after_a_signal(LookupError("of the clean-up"))


def test_a_hang_up_that_nohup_ignores_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupts().watching():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_run_ends_at_its_time_limit():
    now = [100.0]
    interrupts = Interrupts(7200.0, clock=lambda: now[0])
    interrupts.check()
    now[0] += 7000.0
    assert interrupts.seconds_left == 200.0
    now[0] += 300.0
    assert interrupts.seconds_left == 0.0
    with pytest.raises(TimeIsUpError, match="timeout=2h of the run was over"):
        interrupts.check()


def test_without_a_limit_a_run_may_go_on_for_ever():
    assert Interrupts().seconds_left is Interrupts(float("inf")).seconds_left is None


def test_the_second_signal_hurries(monkeypatch):
    hurried = []
    monkeypatch.setattr(Interrupts, "hurry", staticmethod(lambda: hurried.append(True)))
    interrupts = Interrupts()
    with interrupts.watching():
        for expected in ([], [True], [True]):
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
            assert hurried == expected


def test_two_signals_let_an_operation_on_the_database_end_and_the_third_does_not(monkeypatch):
    monkeypatch.setattr(Interrupts, "hurry", staticmethod(lambda: None))
    done = []

    def operation():
        for _ in range(3):
            signal.raise_signal(signal.SIGTERM)
            done.append(True)

    with Interrupts().watching(), pytest.raises(KeyboardInterrupt):
        Patience().ride(operation)
    assert done == [True, True]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_inner_one_notes_the_signals_and_the_outer_one_knows_of_them(number, monkeypatch):
    hurried = []
    monkeypatch.setattr(Interrupts, "hurry", staticmethod(lambda: hurried.append(True)))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    outer, inner = Interrupts(), Interrupts()
    try:
        with outer.watching():
            with pytest.raises(KeyboardInterrupt), inner.watching():
                signal.raise_signal(number)
            assert (inner.signals, outer.signals, hurried) == (1, 1, [])
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)
    finally:
        signal.signal(signal.SIGINT, before)
    assert hurried == [True]


def test_without_a_signal_there_is_nothing():
    interrupts = Interrupts()
    with interrupts.watching():
        interrupts.check()


def test_a_handler_of_the_users_stays():
    seen = []
    before = signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    try:
        with Interrupts().watching():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [signal.SIGINT]


def test_other_threads_change_no_handlers():
    before, found = signal.getsignal(signal.SIGTERM), []

    def work():
        with Interrupts().watching():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [before]


def test_a_signal_that_was_dropped_before_the_block_interrupts_it():
    around, inside = Interrupts(), Interrupts()
    with around.watching():
        with suppress(KeyboardInterrupt):  # as a library does
            signal.raise_signal(signal.SIGTERM)
        with inside.watching(), pytest.raises(KeyboardInterrupt):
            inside.check()
