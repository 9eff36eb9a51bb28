"""Optuna's studies in an existing database, which the dashboard reads and adds to."""

from typing import TYPE_CHECKING

from paretocaps.errors import StorageError, first_line
from paretocaps.storage.address import parse_url, safe
from paretocaps.storage.connect import refuse_read_only
from paretocaps.storage.patience import Patience
from paretocaps.storage.store import Store

if TYPE_CHECKING:
    from paretocaps.web.studies_storage import StudiesStorage


def open_studies(url: str) -> "StudiesStorage":
    """Return Optuna's storage on an existing database; Optuna's tables are made where it has ours alone.

    So has that of a service in which no study has begun.

    Raises:
        StorageError: the database is missing or read-only, cannot be reached, or has no tables of ours.
    """
    Store.open(url, create=False).close()
    refuse_read_only(url)  # Optuna writes as it reads
    import optuna

    from paretocaps.web.studies_storage import StudiesStorage

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        storage = StudiesStorage(url, Patience(), create=True)
        storage.get_all_studies()
    except Exception as error:  # any of the driver's: this layer does not import SQLAlchemy
        cause = first_line(error.__cause__ or error)
        raise StorageError(
            f"storage {safe(parse_url(url))!r} has no Optuna studies that can be read ({cause}):"
            " run `paretocaps optimize` on it, or name another with --storage"
        ) from None
    return storage
