import pytest

from paretocaps.errors import FencedError, UnavailableError, UsageError
from paretocaps.search.driver_file import DriverFile
from paretocaps.service.running import Interrupted
from paretocaps.service.supervising import process
from paretocaps.service.supervising.process import main


@pytest.fixture
def ends(monkeypatch):
    """Let the work raise an error, or return an outcome."""

    def let(outcome):
        def work(turn):
            assert DriverFile(turn.task.token).locker() is not None, "others know that it lives"
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        monkeypatch.setattr(process, "WORK", {"study": work})

    return let


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        ((None, {"finished": 3}), "ended", None),
        (Interrupted("Ctrl-C"), "queued", None),
        (KeyboardInterrupt(), "queued", None),
        (FencedError("another driver took over"), "queued", None),
        (UsageError("'postgresql://me:secret@h/x' is wrong"), "failed", "'postgresql://me:***@h/x' is wrong"),
        (ZeroDivisionError("oh"), "failed", "ZeroDivisionError: oh"),
    ],
)
def test_how_a_process_ended_is_stored(task, store, ends, outcome, state, reason, capsys):
    ends(outcome)
    assert main(task.written()) == 0
    found = store.submission(task.submission)
    assert (found.state, found.reason) == (state, reason)
    assert found.result == ({"finished": 3} if state == "ended" else {})
    assert DriverFile(task.token).locker() is None


def test_a_database_that_stays_away_is_left_to_the_supervisor(task, store, ends, capsys):
    ends(UnavailableError("the server does not answer", "away"))
    assert main(task.written()) == 1
    assert store.submission(task.submission).state == "running"


def test_a_process_whose_turn_was_taken_back_does_nothing(task, store, ends):
    ends(AssertionError("it must not work"))
    store.lose_turn(task.submission, "token", 3, "silent")
    assert main(task.written()) == 0
    assert store.submission(task.submission).state == "queued"
