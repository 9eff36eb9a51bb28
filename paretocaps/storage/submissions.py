"""What the service was asked to do that takes long: submissions are added, read and changed here.

`turns.py` has what the processes do that run them. Every change of a submission's state is an event of its
study, too.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Row, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from paretocaps.errors import MissingError, StateError
from paretocaps.storage.events import notify
from paretocaps.storage.schema import now
from paretocaps.storage.service_schema import EVENTS, SUBMISSIONS
from paretocaps.storage.studies import has_study

SubmissionKind = Literal["study", "training", "export"]
SubmissionState = Literal["queued", "running", "paused", "stopped", "ended", "failed"]
Wanted = Literal["queued", "paused", "stopped"]

SUBMISSION_STATES: tuple[SubmissionState, ...] = get_args(SubmissionState)
UNENDED: tuple[SubmissionState, ...] = ("queued", "running", "paused")


@dataclass(frozen=True)
class NewSubmission:
    """What is to be submitted; see `Submission`."""

    kind: SubmissionKind
    study: str
    options: Mapping[str, Any]
    owner: str = ""
    priority: int = 0
    max_hours: float | None = None
    trials: int = 0


@dataclass(frozen=True)
class Submission:
    """What the service was asked to do that takes long.

    Attributes:
        id: its number.
        kind: "study" (run it), "training" (of one of its trials) or "export" (of one of its networks).
        study: the name of the study.
        options: what was asked for, in values that JSON can hold.
        state: "queued" waits for its turn, "running" has it, "paused" waits for a person; "ended" is done,
            "stopped" was ended by a person, and "failed" by an error, which `reason` tells.
        wanted: the state that a running one is asked to get; None to go on.
        owner: the name of the token that submitted it.
        priority: higher ones begin first.
        max_hours: the hours that all submissions of its owner may run; None for no limit.
        trials: how many trainings it may begin, which counts for the quota of its owner.
        submitted, started, ended: UTC; None where that has not happened.
        served: UTC, when its latest turn ended; None before that.
        seconds, turn: for how long it ran in all, and in its latest turn, without the time in which it only
            waited for a device that another process had.
        driver, host, pid: the token of the process that runs it, its machine, and its number there.
        beat: how many signs of life it has given.
        lost: how many processes in a row died without any progress.
        reason: why it is in its state, as a sentence; None where there is nothing to say.
        result: what came of it, by name.
        position: its place in the queue, counted from 1; None unless it is queued.
    """

    id: int
    kind: SubmissionKind
    study: str
    options: Mapping[str, Any]
    state: SubmissionState
    wanted: Wanted | None
    owner: str
    priority: int
    max_hours: float | None
    trials: int
    submitted: datetime
    started: datetime | None
    served: datetime | None
    ended: datetime | None
    seconds: float
    turn: float
    driver: str | None
    host: str | None
    pid: int | None
    beat: int
    lost: int
    reason: str | None
    result: Mapping[str, Any]
    position: int | None = None

    @property
    def fills_quota(self) -> bool:
        """Whether it ran for a time that counts for the quota of hours of its owner."""
        return self.seconds > 0 and self.max_hours is not None


_FIELDS = [field.name for field in fields(Submission) if field.name != "position"]
_OWNER = text("SELECT pg_advisory_xact_lock(hashtext('paretocaps_owners'), hashtext(:owner))")
_ALL = select(*(SUBMISSIONS.c[name] for name in _FIELDS))
_FRESH = {"seconds": 0.0, "turn": 0.0, "heard": 0, "beat": 0, "lost": 0, "result": {}}


def add_submission(connection: Connection, new: NewSubmission, most: int | None = None) -> Submission:
    """Add a submission at the end of the queue; `most` is how many trials its owner may train in all.

    Raises:
        StateError: a study is submitted that is already queued, running or paused, or the owner has no such
            number of trials left.
    """
    _check_quota(connection, new.owner, new.trials, most)
    values = asdict(new) | {"state": "queued", "submitted": now()} | _FRESH
    try:
        row = connection.execute(insert(SUBMISSIONS).values(**values).returning(*_ALL.selected_columns)).one()
    except IntegrityError as error:
        raise StateError(
            f"study {new.study!r} is already in the queue: stop it first, or raise its trials"
        ) from error
    return told(connection, row)


def spent(connection: Connection, owner: str) -> tuple[int, float]:
    """Return how many trials an owner's submissions began, or may begin, and how many seconds they ran."""
    sums = (
        func.coalesce(func.sum(SUBMISSIONS.c.trials), 0),
        func.coalesce(func.sum(SUBMISSIONS.c.seconds), 0.0),
    )
    trials, seconds = connection.execute(select(*sums).where(SUBMISSIONS.c.owner == owner)).one()
    return int(trials), float(seconds)


def submission(connection: Connection, key: int, *, lock: bool = False) -> Submission:
    """Return a submission; with `lock`, a server locks its row until the transaction ends.

    Raises:
        MissingError: there is none with that number.
    """
    query = _ALL.where(SUBMISSIONS.c.id == key)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise MissingError(f"there is no submission {key}: `GET /api/v1/queue` lists them")
    return _submission(row)


def submissions(
    connection: Connection,
    study: str | None = None,
    states: Collection[SubmissionState] = SUBMISSION_STATES,
) -> list[Submission]:
    """Return the submissions in these states, of a study or of all, oldest first."""
    query = _ALL.where(SUBMISSIONS.c.state.in_(states))
    own = query if study is None else query.where(SUBMISSIONS.c.study == study)
    return [_submission(row) for row in connection.execute(own.order_by(SUBMISSIONS.c.id))]


def study_submission(connection: Connection, study: str) -> Submission | None:
    """Return the latest submission that runs a study, or ran it; None if it was not submitted."""
    query = _ALL.where(SUBMISSIONS.c.study == study, SUBMISSIONS.c.kind == "study")
    row = connection.execute(query.order_by(SUBMISSIONS.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _submission(row)


def latest_submissions(
    connection: Connection, states: Collection[SubmissionState], limit: int, offset: int = 0
) -> list[Submission]:
    """Return so many submissions in these states, the latest first, without the first `offset`."""
    query = _ALL.where(SUBMISSIONS.c.state.in_(states)).order_by(SUBMISSIONS.c.id.desc())
    return [_submission(row) for row in connection.execute(query.limit(limit).offset(offset))]


def remove_submission(connection: Connection, key: int) -> Submission:
    """Remove a submission that ended before there was a study, and return it; it counts for no quota then.

    Raises:
        MissingError: there is none with that number.
        StateError: it has not ended, or there is its study, with which it is deleted.
    """
    found = submission(connection, key, lock=True)
    if found.state in UNENDED:
        raise StateError(f"{_name(found)} is {found.state}: stop it first")
    if has_study(connection, found.study):
        raise StateError(f"{_name(found)} is removed with its study alone: delete that")
    connection.execute(delete(SUBMISSIONS).where(SUBMISSIONS.c.id == key))
    if not submissions(connection, found.study):
        connection.execute(delete(EVENTS).where(EVENTS.c.study == found.study))
    return found


def submission_counts(connection: Connection) -> dict[str, int]:
    """Return how many submissions have each state."""
    state = SUBMISSIONS.c.state
    rows = connection.execute(select(state, func.count()).group_by(state))
    return {**dict.fromkeys(SUBMISSION_STATES, 0), **{str(name): count for name, count in rows}}


def want(
    connection: Connection, key: int, wanted: Literal["paused", "stopped"], reason: str | None = None
) -> Submission:
    """Pause or stop a submission: at once where it does not run, else by asking the process that runs it.

    To want what it is, or is already asked to become, changes nothing.

    Raises:
        MissingError: there is none with that number.
        StateError: it has ended.
    """
    found = submission(connection, key, lock=True)
    if wanted in (found.state, found.wanted):
        return found
    if found.state not in UNENDED:
        raise StateError(f"{_name(found)} is {found.state}: only what has not ended can be {wanted}")
    if found.state == "running":
        return changed(connection, found, wanted=wanted, reason=reason)
    ended = now() if wanted == "stopped" else None
    return changed(connection, found, state=wanted, ended=ended, reason=reason)


def explain(connection: Connection, key: int, reason: str | None) -> Submission:
    """Note why a queued submission waits, None for its turn alone; one in another state stays as it is.

    Raises:
        MissingError: there is none with that number.
    """
    found = submission(connection, key, lock=True)
    return changed(connection, found, reason=reason) if found.state == "queued" else found


def give_way(connection: Connection, key: int) -> bool:
    """Ask the process that runs a submission to let others have a turn; return whether it was asked."""
    found = submission(connection, key, lock=True)
    if found.state != "running" or found.wanted is not None:
        return False
    changed(connection, found, wanted="queued")
    return True


def resume(connection: Connection, key: int, hours: tuple[float | None] | None = None) -> Submission:
    """Let a paused submission, or one that is asked to pause, go on; with `hours`, with so many of its owner.

    Raises:
        MissingError: there is none with that number.
        StateError: it is neither.
    """
    found = submission(connection, key, lock=True)
    own: dict[str, Any] = {} if hours is None else {"max_hours": hours[0]}
    if found.state == "running" and found.wanted == "paused":
        return changed(connection, found, wanted=None, reason=None, **own)
    if found.state in ("queued", "running") and found.wanted in (None, "queued"):
        return found
    if found.state != "paused":
        state = found.wanted or found.state
        raise StateError(f"{_name(found)} is {state}: only what is paused can be resumed")
    return changed(connection, found, state="queued", reason=None, lost=0, **own)


def set_priority(connection: Connection, key: int, priority: int) -> Submission:
    """Give a submission that has not ended another priority.

    Raises:
        MissingError: there is none with that number.
        StateError: it has ended.
    """
    found = submission(connection, key, lock=True)
    if found.state not in UNENDED:
        raise StateError(f"{_name(found)} is {found.state}: its priority no longer matters")
    return changed(connection, found, priority=priority)


def raise_submission(connection: Connection, key: int, trials: int, most: int | None = None) -> Submission:
    """Let a submission that has not ended ask for so many trials in all; `most` is that of `add_submission`.

    One that asks for as many, or more, is left as it is. The process that runs one is asked to begin anew.

    Raises:
        MissingError: there is none with that number.
        StateError: it has ended, or its owner has no such number of trials left.
    """
    found = submission(connection, key, lock=True)
    if found.state not in UNENDED:
        raise StateError(f"{_name(found)} is {found.state}: submit the study again")
    more = trials - found.options["trials"]
    if more <= 0:
        return found
    _check_quota(connection, found.owner, more, most)
    values: dict[str, Any] = {
        "options": {**found.options, "trials": trials},
        "trials": found.trials + more,
    }
    if found.state == "running" and found.wanted is None:
        values["wanted"] = "queued"
    return changed(connection, found, **values)


def changed(connection: Connection, found: Submission, **values: Any) -> Submission:
    """Change columns of a submission that this transaction has read and locked, and return it."""
    if values.get("state") in ("stopped", "ended", "failed") and found.kind == "study":
        values["trials"] = min(found.trials, _begun(connection, found))
    own = update(SUBMISSIONS).where(SUBMISSIONS.c.id == found.id).values(**values)
    row = connection.execute(own.returning(*_ALL.selected_columns)).one()
    return told(connection, row) if {"state", "wanted"} & set(values) else _submission(row)


def told(connection: Connection, row: Row[Any]) -> Submission:
    """Return the submission of a row, and tell those who watch its study of its state."""
    found = _submission(row)
    payload = {"submission": found.id, "kind": found.kind, "state": found.state, "wanted": found.wanted}
    notify(connection, found.study, "state", payload | {"reason": found.reason})
    return found


def _check_quota(connection: Connection, owner: str, trials: int, most: int | None) -> None:
    if most is None:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(_OWNER, {"owner": owner})
    used, _ = spent(connection, owner)
    if used + trials > most:
        raise StateError(
            f"the quota of {owner!r} is {most} trials, of which {max(0, most - used)} are left, and this asks"
            f" for {trials}: ask for fewer"
        )


def _begun(connection: Connection, found: Submission) -> int:
    """Return how many trials of its study have begun since a submission was made."""
    payload = EVENTS.c.payload
    made = EVENTS.c.kind == "state", payload["submission"].as_integer() == found.id
    first = select(func.coalesce(func.min(EVENTS.c.number), 0)).where(EVENTS.c.study == found.study, *made)
    later = EVENTS.c.number > first.scalar_subquery()  # not by their times: clocks of machines differ
    own = EVENTS.c.study == found.study, EVENTS.c.kind == "trial", later
    trials = func.count(payload["trial"].as_integer().distinct())
    return connection.scalar(select(trials).where(*own, payload["state"].as_string() == "running")) or 0


def _submission(row: Row[Any]) -> Submission:
    return Submission(**row._mapping)


def _name(found: Submission) -> str:
    what = "study" if found.kind == "study" else f"the {found.kind} of study"
    return f"{what} {found.study!r} (submission {found.id})"
