"""Stores what the ensembles of a study were measured at."""

from sqlalchemy import Connection, Row, delete, insert, select

from paretocaps.storage.records import EnsembleRecord
from paretocaps.storage.schema import ENSEMBLES, now
from paretocaps.storage.studies import study_id


def save_ensemble(connection: Connection, study: str, ensemble: EnsembleRecord) -> None:
    """Store an ensemble, in place of an earlier one of its name.

    Raises:
        StorageError: there is no such study.
    """
    key = study_id(connection, study)
    connection.execute(
        delete(ENSEMBLES).where(ENSEMBLES.c.study_id == key, ENSEMBLES.c.name == ensemble.name)
    )
    values = {name: getattr(ensemble, name) for name in EnsembleRecord.__dataclass_fields__}
    values["members"] = [list(member) for member in ensemble.members]
    connection.execute(insert(ENSEMBLES).values(study_id=key, created=now(), **values))


def ensembles(connection: Connection, study: str) -> list[EnsembleRecord]:
    """Return the measured ensembles of a study, by name.

    Raises:
        StorageError: there is no such study.
    """
    query = select(ENSEMBLES).where(ENSEMBLES.c.study_id == study_id(connection, study))
    return [_record(row) for row in connection.execute(query.order_by(ENSEMBLES.c.name))]


def _record(row: Row[tuple[object, ...]]) -> EnsembleRecord:
    values = {name: row._mapping[name] for name in EnsembleRecord.__dataclass_fields__}
    members = tuple((trial, seed, attempt) for trial, seed, attempt in values.pop("members"))
    return EnsembleRecord(members=members, **values)
