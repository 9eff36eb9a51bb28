"""The turns of submissions: a process takes one, shows that it lives, and gives it back.

A turn belongs to a token. Whoever has another one, or none, changes nothing: of two services, and of a
process and a service that takes it for dead, one wins.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, and_, exists, func, or_, select, update

from paretocaps.storage.events import last_event
from paretocaps.storage.schema import now
from paretocaps.storage.service_schema import EVENTS, SUBMISSIONS
from paretocaps.storage.submissions import Submission, Wanted, changed, submission

_ENDS = "finished", "failed", "stopped", "rejected"


class TurnLostError(Exception):
    """A turn was taken back: its process is to end, and to store nothing more."""


def take_turn(connection: Connection, key: int, token: str, host: str) -> bool:
    """Let a queued submission run under `token`, on the machine `host`; return whether it was queued."""
    found = submission(connection, key, lock=True)
    if found.state != "queued":
        return found.driver == token
    heard = last_event(connection, found.study)
    values = {"driver": token, "host": host, "pid": None, "turn": 0.0, "heard": heard, "reason": None}
    changed(connection, found, state="running", started=found.started or now(), **values)
    return True


def join_turn(connection: Connection, key: int, token: str, pid: int) -> Submission:
    """Store the process that runs a submission, and return it.

    Raises:
        TurnLostError: the turn was taken back before the process began.
    """
    own = SUBMISSIONS.c.id == key, SUBMISSIONS.c.driver == token, SUBMISSIONS.c.state == "running"
    values = {"pid": pid, "beat": SUBMISSIONS.c.beat + 1}
    joined = update(SUBMISSIONS).where(*own).values(**values).returning(SUBMISSIONS.c.id)
    if connection.scalar(joined) is None:
        raise TurnLostError(key)
    return submission(connection, key)


def beat_turn(
    connection: Connection, key: int, token: str, seconds: float, result: Mapping[str, Any] | None = None
) -> Wanted | None:
    """Count a sign of life, and return what the submission is asked to become.

    Args:
        connection: a connection in a write transaction.
        key: the submission.
        token: whose turn it is.
        seconds: how long ago the last sign was.
        result: what came of it so far, by name; None keeps what is stored.

    Raises:
        TurnLostError: the turn was taken back.
    """
    own = SUBMISSIONS.c.id == key, SUBMISSIONS.c.driver == token, SUBMISSIONS.c.state == "running"
    values: dict[str, Any] = {
        "beat": SUBMISSIONS.c.beat + 1,
        "seconds": SUBMISSIONS.c.seconds + seconds,
        "turn": SUBMISSIONS.c.turn + seconds,
    }
    if result is not None:
        values["result"] = dict(result)
    counted = update(SUBMISSIONS).where(*own).values(**values).returning(SUBMISSIONS.c.wanted)
    row = connection.execute(counted).one_or_none()
    if row is None:
        raise TurnLostError(key)
    found: Wanted | None = row.wanted
    return found


def wanted(connection: Connection, key: int, token: str) -> Wanted | None:
    """Return what a submission is asked to become, without a sign of life.

    Raises:
        TurnLostError: the turn was taken back.
    """
    own = SUBMISSIONS.c.id == key, SUBMISSIONS.c.driver == token, SUBMISSIONS.c.state == "running"
    row = connection.execute(select(SUBMISSIONS.c.wanted).where(*own)).one_or_none()
    if row is None:
        raise TurnLostError(key)
    found: Wanted | None = row.wanted
    return found


def end_turn(
    connection: Connection,
    key: int,
    token: str,
    state: Literal["ended", "failed", "interrupted"],
    reason: str | None = None,
    result: Mapping[str, Any] | None = None,
    asked: Mapping[str, Any] | None = None,
) -> bool:
    """Give a turn back; return whether it was the token's.

    Args:
        connection: a connection in a write transaction.
        key: the submission.
        token: whose turn it is.
        state: "interrupted" makes it what it was asked to become, and queued where it was not asked.
        reason: why.
        result: what came of it, by name; None keeps what is stored.
        asked: the options that were worked on; what asks for more by now has not ended, but is queued.
    """
    found = submission(connection, key, lock=True)
    if found.state != "running" or found.driver != token:
        return False
    more = state == "ended" and asked is not None and dict(found.options) != dict(asked)
    after = (found.wanted or "queued") if more or state == "interrupted" else state
    moment = now()
    values: dict[str, Any] = {"driver": None, "wanted": None, "pid": None, "lost": 0}
    values["served"] = _served(connection)
    values["ended"] = None if after in ("queued", "paused") else moment
    values["result"] = dict(found.result if result is None else result)
    changed(connection, found, state=after, reason=reason or found.reason, **values)
    return True


def lose_turn(connection: Connection, key: int, token: str, most: int, reason: str) -> bool:
    """Take back the turn of a process that died; return whether it was the token's.

    The submission waits for another turn. It has failed where `most` processes in a row died without any
    progress: no epoch was trained, and no trial ended.
    """
    found = submission(connection, key, lock=True)
    if found.state != "running" or found.driver != token:
        return False
    lost = 1 if _progressed(connection, found) else found.lost + 1
    values: dict[str, Any] = {"driver": None, "pid": None, "lost": lost, "wanted": None}
    values["served"] = _served(connection)
    if lost >= most:
        why = f"{reason}, {lost} times in a row without any progress"
        changed(connection, found, state="failed", ended=now(), reason=why, **values)
    else:
        after = found.wanted or "queued"
        ended = now() if after == "stopped" else None
        changed(connection, found, state=after, ended=ended, reason=reason, **values)
    return True


def _served(connection: Connection) -> datetime:
    """Return the moment by which turns are ordered: after all others, whatever the clocks of machines say."""
    latest: datetime | None = connection.scalar(select(func.max(SUBMISSIONS.c.served)))
    return now() if latest is None else max(now(), latest + timedelta(microseconds=1))


def _progressed(connection: Connection, found: Submission) -> bool:
    heard = select(SUBMISSIONS.c.heard).where(SUBMISSIONS.c.id == found.id).scalar_subquery()
    ended = and_(EVENTS.c.kind == "trial", EVENTS.c.payload["state"].as_string().in_(_ENDS))
    newer = EVENTS.c.study == found.study, EVENTS.c.number > heard
    whose = EVENTS.c.payload["submission"].as_integer()  # of epochs: that of a training; a study's have none
    own = whose == found.id if found.kind == "training" else whose.is_(None)
    epoch = and_(EVENTS.c.kind == "epoch", own)
    moved = epoch if found.kind == "training" else or_(epoch, ended)
    return found.kind != "export" and bool(connection.scalar(select(exists().where(*newer, moved))))
