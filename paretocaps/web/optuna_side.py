"""Optuna's studies in an existing database, which the dashboard reads and adds to."""

from typing import TYPE_CHECKING

from paretocaps.errors import StorageError, did_you_mean
from paretocaps.storage.address import parse_url, safe
from paretocaps.storage.connect import engine_arguments, optuna_url, prepare_engine, refuse_read_only
from paretocaps.storage.store import Store

if TYPE_CHECKING:
    from optuna import Study
    from optuna.storages import RDBStorage


def open_studies(url: str) -> "RDBStorage":
    """Return Optuna's storage on an existing database; nothing is created.

    Raises:
        StorageError: the database is missing or read-only, cannot be reached, or holds no studies.
    """
    Store.open(url, create=False).close()
    refuse_read_only(url)  # Optuna writes as it reads
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        storage = optuna.storages.RDBStorage(
            optuna_url(url), engine_kwargs=engine_arguments(url), skip_table_creation=True
        )
        prepare_engine(storage.engine)
        storage.get_all_studies()
    except Exception as error:  # any of the driver's: this layer does not import SQLAlchemy
        cause = str(error.__cause__ or error).splitlines()[0]
        raise StorageError(
            f"storage {safe(parse_url(url))!r} has no Optuna studies that can be read ({cause}):"
            " run `paretocaps optimize` on it, or name another with --storage"
        ) from None
    return storage


def load_study(storage: "RDBStorage", name: str) -> "Study":
    """Return the Optuna study called `name`.

    Raises:
        StorageError: there is none; the message has the nearest name and the known ones.
    """
    import optuna

    try:
        return optuna.load_study(study_name=name, storage=storage)
    except KeyError:
        known = sorted(study.study_name for study in storage.get_all_studies())
        raise StorageError(
            f"no Optuna study {name!r}{did_you_mean(name, known)} (known: {', '.join(known) or 'none'})"
        ) from None
