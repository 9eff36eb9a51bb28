"""Keeps the trials of another study from which a study starts warm; they are no trials of its own."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select

from paretocaps.storage.records import canonical_json
from paretocaps.storage.schema import PRIOR_TRIALS
from paretocaps.storage.studies import named, study_id


class PriorTrial(NamedTuple):
    """A finished trial of another study.

    Attributes:
        source: the other study.
        trial: its number there.
        choices: its canonical choices.
        values: its values there by objective, in the objectives' own units.
    """

    source: str
    trial: int
    choices: Mapping[str, Any]
    values: Mapping[str, float]


def keep_prior_trials(connection: Connection, study: str, priors: Sequence[PriorTrial]) -> None:
    """Keep the prior trials of a study, unless it has some.

    Raises:
        StorageError: there is no such study.
    """
    key = study_id(connection, study, lock=True)  # another driver may keep the same ones
    if priors and not prior_trials(connection, study):
        stored = {"study_id": key}
        rows = [one._asdict() | stored | {"choices": canonical_json(one.choices)} for one in priors]
        connection.execute(insert(PRIOR_TRIALS), rows)


def prior_trials(connection: Connection, study: str) -> list[PriorTrial]:
    """Return the prior trials of a study by their numbers; none of a study that is not there."""
    table = PRIOR_TRIALS.c
    query = select(table.source, table.trial, table.choices, table["values"])
    rows = connection.execute(query.where(table.study_id == named(study)).order_by(table.source, table.trial))
    return [PriorTrial(source, trial, json.loads(text), values) for source, trial, text, values in rows]
