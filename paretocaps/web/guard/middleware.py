"""What stands before every route."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from paretocaps.web.guard.caller import caller
from paretocaps.web.guard.door import principal_of, refuse_without_token
from paretocaps.web.guard.headers import with_headers
from paretocaps.web.guard.hosts import refuse_foreign
from paretocaps.web.guard.observing import CALLER, Observing
from paretocaps.web.guard.origins import READING, changes_something, refuse_other_origins
from paretocaps.web.guard.principal import LOOPBACK, PRINCIPAL
from paretocaps.web.guard.rates import Rates
from paretocaps.web.guard.records import Records
from paretocaps.web.guard.refusal import Refusal
from paretocaps.web.guard.refused import refused
from paretocaps.web.guard.rules import Rules
from paretocaps.web.guard.sizes import limited, most_of


class Guard:
    """Pure ASGI middleware that lets pass what is allowed, with the `Principal` of each request in its scope.

    Args:
        app: what answers the requests that pass.
        rules: what it goes by.
        rates: how many requests it lets pass.
        records: what is told of each request.
    """

    def __init__(self, app: ASGIApp, rules: Rules, rates: Rates, records: Records) -> None:
        self._app, self._rules, self._rates = app, rules, rates
        self._observed = Observing(self._refusing, records.ended, records.answering)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not; there are no web sockets."""
        if scope["type"] == "http":
            await self._observed(scope, receive, with_headers(send))
        elif scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _refusing(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._passing(scope, receive, send)
        except Refusal as refusal:
            await refused(scope, refusal)(scope, receive, send)

    async def _passing(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers, rules = Headers(scope=scope), self._rules
        scope[CALLER] = sender = caller(scope, rules.proxies)
        scope["scheme"] = sender.scheme
        refuse_foreign(headers.get("host"), rules.hosts)
        try:
            who = scope[PRINCIPAL] = principal_of(headers, sender, rules)
        except Refusal:
            self._rates.take_wrong(sender.key)
            raise
        key = f"token {who.name}" if who and who is not LOOPBACK else sender.key
        self._rates.take(key, changes=changes_something(scope["method"], scope["path"]))
        if scope["method"] not in READING:
            refuse_other_origins(headers, f"{sender.scheme}://{headers['host']}")
        refuse_without_token(who, scope["method"], scope["path"], sender, rules)
        with self._rates.under_way(key):
            await self._app(scope, limited(receive, most_of(scope["path"], rules.larger), headers), send)
