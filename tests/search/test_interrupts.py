import signal
import threading
import weakref
from contextlib import suppress

import pytest

from paretocaps.errors import StorageError
from paretocaps.search.interrupts import Interrupts, TimeIsUpError


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


def _replace_by(error, number):
    """Raise `error` where a signal, or nothing, was raised, as Python 3.11 does where it creates a class."""
    with suppress(KeyboardInterrupt):
        if number is not None:
            signal.raise_signal(number)
    raise error


def test_one_that_becomes_another_exception_is_raised_at_the_end():
    interrupts = Interrupts()
    with pytest.raises(KeyboardInterrupt) as raised, interrupts.watching():
        _replace_by(RuntimeError("Error calling __set_name__"), signal.SIGTERM)
    assert isinstance(raised.value.__cause__, RuntimeError)
    assert interrupts.signals == 1


@pytest.mark.parametrize(("error", "number"), [(StorageError("full"), signal.SIGTERM), (LookupError(), None)])
def test_what_a_user_is_to_know_and_what_no_signal_caused_is_passed_on(error, number):
    with pytest.raises(type(error)), Interrupts().watching():
        _replace_by(error, number)


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
