"""What stands before every route."""

from starlette.types import ASGIApp, Receive, Scope, Send

from paretocaps.web.guard.principal import LOOPBACK, PRINCIPAL


class Guard:
    """Pure ASGI middleware that puts the `Principal` of each request into its scope.

    Args:
        app: what answers the requests that pass.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http":
            scope[PRINCIPAL] = LOOPBACK
        await self._app(scope, receive, send)
