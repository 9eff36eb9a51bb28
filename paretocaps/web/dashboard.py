"""optuna-dashboard on the database of a study."""

import socket
from collections.abc import Callable
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from paretocaps.errors import UsageError
from paretocaps.web.optuna_side import open_studies

if TYPE_CHECKING:
    from paretocaps.search.riding_storage import RidingStorage
    from paretocaps.web.application import Application


class DashboardServer(ThreadingMixIn, WSGIServer):
    """An HTTP server with one thread per request; `url` is the address on which it listens."""

    daemon_threads = True
    storage: "RidingStorage | None" = None

    def server_close(self) -> None:
        """Stop listening and close the connections to the database."""
        super().server_close()
        if self.storage is not None:
            self.storage.engine.dispose()

    @property
    def url(self) -> str:
        """The address to open in a browser."""
        host, port = str(self.server_address[0]), self.server_address[1]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


class _DashboardServer6(DashboardServer):
    address_family = socket.AF_INET6


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the page of an open study sends requests every few seconds."""


def serve_dashboard(
    url: str,
    host: str = "127.0.0.1",
    port: int = 8080,
    ready: Callable[[str], None] | None = None,
    *,
    all: bool = False,
) -> None:
    """Serve optuna-dashboard on the studies of a database until Ctrl-C, each with its front.

    It has no login: whoever reaches the address can read the studies, change notes, attributes and the states
    of trials in Optuna's tables, and delete studies of Optuna's own.

    Args:
        url: the storage URL.
        host: the address to listen on; by default only this machine reaches it.
        port: the port to listen on; 0 takes a free one.
        ready: is called with the address once the server listens on it.
        all: lift the bounds of all studies, as for `load_front`.

    Raises:
        StorageError: the database is missing, cannot be reached or has no tables of ours.
        UsageError: the server cannot listen on the address or the port.
    """
    with dashboard_server(url, host, port, all=all) as server:
        if ready is not None:
            ready(server.url)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return  # Ctrl-C is how a user ends it


def dashboard_server(
    url: str, host: str = "127.0.0.1", port: int = 8080, *, all: bool = False
) -> DashboardServer:
    """Return optuna-dashboard on a database as a listening server that does not serve yet.

    Arguments and errors are those of `serve_dashboard`. The caller calls `serve_forever` and `server_close`.
    """
    application, storage = dashboard_application(url, all=all)
    kind = _DashboardServer6 if ":" in host else DashboardServer
    try:
        # optuna_dashboard.run_server logs every request and cannot be stopped
        server = make_server(host, port, application, server_class=kind, handler_class=_QuietHandler)
    except (OSError, OverflowError) as error:
        storage.engine.dispose()
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"the dashboard cannot listen on {host}:{port}: {reason}: choose another port or address"
        ) from None
    server.storage = storage
    return server


def dashboard_application(url: str, *, all: bool = False) -> "tuple[Application, RidingStorage]":
    """Return optuna-dashboard on a database as a WSGI application, and the storage that it reads.

    The caller disposes the storage's engine at the end. The arguments are those of `serve_dashboard`.

    Raises:
        StorageError: the database is missing, cannot be reached or has no tables of ours.
    """
    storage = open_studies(url)
    from optuna_dashboard import wsgi

    from paretocaps.web.application import Application
    from paretocaps.web.current_views import CurrentViews
    from paretocaps.web.uploads import uploads

    return Application(wsgi(storage, uploads(url)), CurrentViews(url, storage, all=all)), storage
