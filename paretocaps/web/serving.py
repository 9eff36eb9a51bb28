"""The dashboard with every study's front in it."""

from collections.abc import Callable

from paretocaps import service
from paretocaps.errors import UsageError
from paretocaps.report.figures import front_figures
from paretocaps.web.dashboard import serve_dashboard
from paretocaps.web.publish import publish


def serve_studies(
    storage: str, host: str, port: int, ready: Callable[[str], None] | None = None, *, all: bool = False
) -> None:
    """Put the current front of every study into the dashboard, then serve it until Ctrl-C.

    Args:
        storage: path of an SQLite file, or database URL.
        host, port: where to listen; there is no login, so any address but loopback opens it to others.
        ready: is called with the address once the server listens on it.
        all: lift the bounds of all studies, as for `load_front`.

    Raises:
        StorageError: the database is missing, cannot be reached or holds no studies.
        UsageError: the server cannot listen on the address or the port.
    """
    publish_fronts(storage, all=all)
    serve_dashboard(storage, host, port, ready)


def publish_fronts(storage: str, *, all: bool = False) -> None:
    """Put the figures and the note of every study's current front into its Optuna study.

    The fronts are within the studies' bounds, unless `all` lifts them.

    Raises:
        StorageError: the database is missing, cannot be reached or holds no studies.
    """
    for row in service.studies(storage):
        if row["finished"]:
            _publish(storage, row["study"], all)


def _publish(storage: str, study: str, all: bool) -> None:
    try:
        front = service.load_front(study, storage, all=all)
    except UsageError:
        return  # it was measured on several devices, of which only a user can choose one
    publish(storage, study, front, front_figures(front, service.finished_trials(study, storage)))
