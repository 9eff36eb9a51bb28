"""What early stopping decided of trainings: rows are added, and none is ever changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, true

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.storage.attempts import find_attempt
from paretocaps.storage.schema import ATTEMPTS, DECISIONS, TRIALS, now
from paretocaps.storage.studies import named, study_id

Answer = Literal["go on", "stop", "continue"]


@dataclass(frozen=True)
class Decision:
    """A decision about one training.

    Attributes:
        key: the attempt.
        epoch: the epoch after which it was made; of "continue", that from which the attempt goes on.
        rule: the name of the rule that made it.
        verdict: what it decided.
        reason: why, as a sentence.
        seen: what it was made from, in values that JSON can hold.
    """

    key: AttemptKey
    epoch: int
    rule: str
    verdict: Answer
    reason: str
    seen: Mapping[str, Any] = field(default_factory=dict)


def decide(connection: Connection, decision: Decision) -> Decision:
    """Store a decision, and return what is stored of that attempt and epoch, which may be an earlier one.

    Raises:
        StorageError: there is no such attempt.
    """
    attempt = find_attempt(connection, decision.key).id
    own = DECISIONS.c.attempt_id == attempt, DECISIONS.c.epoch == decision.epoch
    row = connection.execute(select(DECISIONS).where(*own)).one_or_none()
    if row is not None:
        return Decision(decision.key, row.epoch, row.rule, row.verdict, row.reason, row.seen or {})
    values = {name: getattr(decision, name) for name in ("epoch", "rule", "verdict", "reason")}
    values |= {"seen": dict(decision.seen), "attempt_id": attempt, "created": now()}
    connection.execute(insert(DECISIONS).values(**values))
    return decision


def continued(connection: Connection, study: str) -> set[int]:
    """Return the numbers of the trials of a study that were stopped early and have gone on."""
    query = select(TRIALS.c.number).select_from(DECISIONS.join(ATTEMPTS).join(TRIALS))
    own = TRIALS.c.study_id == named(study), DECISIONS.c.verdict == "continue"
    return set(connection.scalars(query.where(*own)))


def decisions(connection: Connection, study: str, trial: int | None = None) -> list[Decision]:
    """Return the decisions of a study, or of one trial of it, in the order of trials, attempts and epochs.

    Raises:
        StorageError: there is no such study.
    """
    own = (
        TRIALS.c.study_id == study_id(connection, study),
        true() if trial is None else TRIALS.c.number == trial,
    )
    columns = TRIALS.c.number, ATTEMPTS.c.seed, ATTEMPTS.c.attempt, *DECISIONS.c
    query = select(*columns).select_from(DECISIONS.join(ATTEMPTS).join(TRIALS)).where(*own)
    return [
        Decision(
            AttemptKey(study, row.number, row.seed, row.attempt),
            row.epoch,
            row.rule,
            row.verdict,
            row.reason,
            row.seen or {},
        )
        for row in connection.execute(query.order_by(*columns[:3], DECISIONS.c.epoch))
    ]
