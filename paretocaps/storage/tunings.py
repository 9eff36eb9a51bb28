"""Keeps the tunings of a study's devices: one per device and key, so that times compare."""

from collections import defaultdict

from sqlalchemy import Connection, select

from paretocaps.domain.tuning import Tuning, Tunings
from paretocaps.storage.schema import ATTEMPTS, INSERT, TRIALS, TUNINGS, now
from paretocaps.storage.studies import named, study_id


def keep_tunings(connection: Connection, study: str, device: str, tunings: Tunings) -> dict[str, Tuning]:
    """Keep tunings of a device (`Device.machine`) where the study has none; return the kept ones.

    Raises:
        StorageError: there is no such study.
    """
    if not tunings:
        return {}
    key = study_id(connection, study)
    rows = [
        {"study_id": key, "device": device, "key": name, "tuning": _row(one), "created": now()}
        for name, one in sorted(tunings.items())  # else two writers may wait for each other
    ]
    added = INSERT[connection.dialect.name](TUNINGS).on_conflict_do_nothing()
    connection.execute(added, rows)
    kept = select(TUNINGS.c.key, TUNINGS.c.tuning).where(
        TUNINGS.c.study_id == key, TUNINGS.c.device == device, TUNINGS.c.key.in_(list(tunings))
    )
    return {name: Tuning.model_validate(stored) for name, stored in connection.execute(kept)}


def tunings(connection: Connection, study: str) -> dict[str, dict[str, Tuning]]:
    """Return the tunings that a study keeps, by device and key; none of a study that is not there."""
    columns = TUNINGS.c.device, TUNINGS.c.key, TUNINGS.c.tuning
    rows = connection.execute(select(*columns).where(TUNINGS.c.study_id == named(study)))
    found: dict[str, dict[str, Tuning]] = defaultdict(dict)
    for device, key, stored in rows:
        found[device][key] = Tuning.model_validate(stored)
    return dict(found)


def untuned(connection: Connection, study: str, device: str) -> list[int]:
    """Return the trials with finished trainings on a device, by its name, that recorded no tunings."""
    finished = TRIALS.c.study_id == named(study), ATTEMPTS.c.state == "finished"
    older = ATTEMPTS.c.device_name == device, ATTEMPTS.c.tunings.is_(None)
    query = select(TRIALS.c.number).select_from(ATTEMPTS.join(TRIALS)).where(*finished, *older)
    return list(connection.scalars(query.distinct().order_by(TRIALS.c.number)))


def rows_of(tunings: Tunings) -> dict[str, object] | None:
    """Return tunings as a column holds them; None for none."""
    return {key: _row(tuning) for key, tuning in tunings.items()} or None


def _row(tuning: Tuning) -> dict[str, object]:
    return tuning.model_dump(mode="json", exclude_defaults=True)
