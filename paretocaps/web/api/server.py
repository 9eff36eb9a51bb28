"""Serves the application over HTTP."""

import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from paretocaps.errors import UsageError
from paretocaps.web.api.app import create_app
from paretocaps.web.guard.door import LOGIN
from paretocaps.web.guard.logs import log_to
from paretocaps.web.pages.prepared import prepare_pages
from paretocaps.web.serve_settings import ServeSettings

_ENDING = (signal.SIGINT, signal.SIGTERM)
_GRACE = 5  # s for the requests under way when the service ends


class Server(uvicorn.Server):
    """A server that tells its application when it is about to end, so that streams of events end first."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on Ctrl-C and SIGTERM, in order, and raise nothing then."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _ENDING}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end, on a signal; a second one changes nothing, because that takes less than a minute."""
        self.config.app.state.feed.close()  # type: ignore[union-attr]
        self.should_exit = True


def serve(settings: ServeSettings, ready: Callable[[str], None] | None = None) -> None:
    """Serve a database until Ctrl-C or SIGTERM.

    Args:
        settings: the settings of the service.
        ready: is called with the address once the server listens on it.

    Raises:
        StorageError: the database cannot be used.
        UsageError: the server cannot listen on the address or the port.
    """
    app = create_app(settings)
    prepare_pages()
    with listening(settings.host, settings.port) as listener:
        if ready is not None:
            ready(address(listener) + (first_step(app) if sys.stderr.isatty() else ""))
        log_to(sys.stderr)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            ws="none",
            server_header=False,
            proxy_headers=False,  # the guard reads them, from configured proxies alone
            lifespan="on",
            timeout_graceful_shutdown=_GRACE,
        )
        Server(config).run(sockets=[listener])


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address.

    Raises:
        UsageError: it cannot, such as because another program does.
    """
    try:
        kind = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=kind, backlog=2048)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"the service cannot listen on {host}:{port}: {reason}: choose another port or address"
        ) from None


def first_step(app: FastAPI) -> str:
    """Return the path that opens the pages without a token, once; empty where there is none.

    It is shown in a terminal only: what a service writes elsewhere may be read by others.
    """
    first = app.state.rules.first_key
    return f"{LOGIN.removeprefix('/')}?key={first.key}" if first else ""


def address(listener: socket.socket) -> str:
    """Return the address to open in a browser."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
