import signal
import threading

import pytest

from paretocaps.uninterrupted import interrupt, is_of_interrupt, uninterrupted


@pytest.fixture(autouse=True)
def handled():
    before = signal.signal(signal.SIGALRM, lambda *_: interrupt(at_once=False))
    yield
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def pythons():
    """Python's own handler of Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@uninterrupted()
def signalled(done):
    signal.raise_signal(signal.SIGALRM)
    done.append("signalled")


def test_an_interrupt_comes_at_the_end_of_the_block_and_once():
    done = []
    with pytest.raises(KeyboardInterrupt):
        signalled(done)
    with uninterrupted():
        assert done == ["signalled"]


def test_it_comes_at_once_outside_of_a_block():
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGALRM)


def test_one_of_an_inner_block_comes_at_the_end_of_the_outer_one():
    done = []

    @uninterrupted()
    def outer():
        signalled(done)
        done.append("outer")

    with pytest.raises(KeyboardInterrupt):
        outer()
    assert done == ["signalled", "outer"]


def test_it_comes_also_where_the_block_fails():
    @uninterrupted()
    def failing():
        signalled([])
        raise OSError

    with pytest.raises(KeyboardInterrupt) as caught:
        failing()
    assert isinstance(caught.value.__context__, OSError)


def test_one_that_is_to_come_at_once_is_not_held_back_and_takes_the_other_along():
    done = []

    @uninterrupted()
    def hurried():
        signalled(done)
        interrupt(at_once=True)
        done.append("held back")

    with pytest.raises(KeyboardInterrupt):
        hurried()
    with uninterrupted():
        assert done == ["signalled"]


def test_a_block_of_another_thread_holds_nothing_back():
    inside, end = threading.Event(), threading.Event()

    @uninterrupted()
    def work():
        inside.set()
        end.wait(60)

    thread = threading.Thread(target=work)
    thread.start()
    inside.wait(60)
    try:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGALRM)
    finally:
        end.set()
        thread.join()


def test_ctrl_c_is_held_back_where_python_handles_it_and_its_handler_comes_back(pythons):
    done = []

    @uninterrupted()
    def interrupted():
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
        done.append(True)

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert done == [True]


def test_a_handler_of_the_users_is_left_alone():
    seen = []
    before = signal.signal(signal.SIGINT, lambda number, _: seen.append(number))
    try:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            assert seen == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)


def test_what_was_raised_from_an_interrupt_is_known():
    error = RuntimeError("Error calling __set_name__")
    error.__cause__ = KeyboardInterrupt()
    assert is_of_interrupt(error)
    assert is_of_interrupt(KeyboardInterrupt())
    assert not is_of_interrupt(RuntimeError())
    assert not is_of_interrupt(None)


def test_the_third_ctrl_c_is_not_held_back(pythons):
    done = []

    @uninterrupted()
    def interrupted():
        for _ in range(3):
            signal.raise_signal(signal.SIGINT)
            done.append(True)

    for times in (2, 4):  # they are counted anew
        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert len(done) == times


def test_a_handler_that_is_set_inside_stays(pythons):
    with uninterrupted():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
