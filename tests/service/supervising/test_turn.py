import signal

import pytest

from paretocaps.service.supervising.turn import Turn
from paretocaps.storage.turns import TurnLostError

INTERRUPTED = [(True, signal.SIGTERM)]


def test_a_turn_joins_its_submission_and_shows_that_it_lives(turn, store, killed):
    assert turn.submission.state == "running"
    before = store.submission(turn.task.submission)
    turn._beat -= 7.0
    turn.result["remaining"] = {"trials": 2}
    turn.look()
    after = store.submission(turn.task.submission)
    assert after.beat == before.beat + 1
    assert after.turn == pytest.approx(7.0, abs=1.0)
    assert after.result == {"remaining": {"trials": 2}}
    assert killed == []


@pytest.mark.parametrize("wanted", ["paused", "stopped"])
def test_what_is_to_pause_or_stop_is_interrupted_once(turn, store, killed, wanted):
    turn.look()
    store.want(turn.task.submission, wanted)
    turn.look()
    turn.look()
    assert killed == INTERRUPTED


def test_what_is_to_give_way_is_interrupted_when_it_can_be_left(turn, store, killed):
    turn.can_leave = lambda: False
    store.give_way(turn.task.submission)
    turn.look()
    assert turn.gives_way
    assert killed == []
    turn.can_leave = lambda: True
    turn.look()
    assert killed == INTERRUPTED


def test_it_is_asked_each_time_whether_it_can_be_left(turn, store):
    asked = []
    turn.can_leave = lambda: asked.append(turn.gives_way)
    turn.look()
    store.give_way(turn.task.submission)
    turn.look()
    assert asked == [False, True]


def test_what_was_to_give_way_may_go_on(turn, store, killed):
    turn.can_leave = lambda: False
    store.give_way(turn.task.submission)
    turn.look()
    store.want(turn.task.submission, "paused")
    store.resume(turn.task.submission)
    turn.look()
    assert (turn.gives_way, killed) == (False, [])


def test_a_turn_that_was_taken_back_ends_and_stores_nothing(turn, store, killed):
    store.lose_turn(turn.task.submission, "token", 3, "silent")
    turn.look()
    assert killed == INTERRUPTED
    assert turn.lost
    turn.end("ended")
    assert store.submission(turn.task.submission).state == "queued"
    with pytest.raises(TurnLostError), Turn(store, turn.task):
        pass


def test_the_end_of_a_turn_is_stored_with_its_result(turn, store):
    turn.end("ended", "every point was tried", {"finished": 3})
    found = store.submission(turn.task.submission)
    assert (found.state, found.reason, found.result) == ("ended", "every point was tried", {"finished": 3})


def test_names_that_are_no_text_are_told_as_escapes(turn, store):
    turn.tell("caf\udce9.png is corrupt")
    assert store.events("s")[-1].payload["text"] == "caf\\udce9.png is corrupt"
    turn.end("failed", "caf\udce9.png\0 is corrupt")
    assert store.submission(turn.task.submission).reason == "caf\\udce9.png\\0 is corrupt"


def test_what_asks_for_more_by_now_has_not_ended(turn, store):
    store.raise_submission(turn.task.submission, 5)
    turn.end("ended", None, {"finished": 3})
    assert store.submission(turn.task.submission).state == "queued"


def test_lines_are_told_without_passwords(turn, store):
    turn.tell("postgresql://me:secret@host/x is away")
    assert store.events("s")[-1].payload["text"] == "postgresql://me:***@host/x is away"


def test_a_wait_for_a_device_is_told_and_does_not_count_as_time(turn, store):
    what = "waits for cpu: process 7 trains there"
    turn._beat -= 7.0
    turn.waits("waits for cpu")
    turn._beat -= 50.0
    turn.waits(what)
    turn._beat -= 60.0
    turn._waited -= 110.0
    found = store.submission(turn.task.submission)
    assert (found.seconds, found.result["doing"]) == (pytest.approx(7.0, abs=1.0), what)
    turn.waits(None)
    turn.waits(None)
    turn._beat -= 2.0
    turn.end("ended")
    assert store.submission(turn.task.submission).seconds == pytest.approx(9.0, abs=1.0)
    told = [one.payload["text"] for one in store.events("s") if one.kind == "notice"]
    assert told == ["waits for cpu", what, "waited 2 min for cpu"]
