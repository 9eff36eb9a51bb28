"""Sees every request and its answer: counted, logged and, where it was to change something, recorded."""

import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from paretocaps.masking import masked
from paretocaps.web.guard.caller import Caller
from paretocaps.web.guard.principal import PRINCIPAL, Principal
from paretocaps.web.problems import PROBLEM, problem

CALLER = "paretocaps.caller"
"""The key of an ASGI scope under which its `Caller` is."""
REQUEST = "paretocaps.request"
"""The key of an ASGI scope under which a request's number is."""

_LOG = logging.getLogger("paretocaps.web")
_LONGEST = 200  # characters of a path that are told
_LONGEST_REASON = 1000


@dataclass(frozen=True)
class Answered:
    """A request and its answer.

    Attributes:
        id: the request's number, at random.
        method, path: what was asked, without what stands after `?`.
        route: the pattern of the path, such as "/api/v1/studies/{study}"; "other" where none fits.
        status: the HTTP status; 0 where the client left before there was one.
        seconds: since the request came.
        streamed: whether the answer is a stream of events.
        who: whose token it had; None without one.
        address: the IP address of who sent it.
        reason: why it was refused; None where it was not.
        made: the path of what it made; None for nothing.
    """

    id: str
    method: str
    path: str
    route: str
    status: int
    seconds: float
    streamed: bool
    who: Principal | None
    address: str
    reason: str | None
    made: str | None


class Observing:
    """ASGI middleware that tells of every request, and answers what fails with a problem of status 500.

    Args:
        app: what answers.
        ended: are called with each request whose answer has ended.
        answering: is awaited with each request before its answer is sent.
        clock: a monotonic clock in seconds.
    """

    def __init__(
        self,
        app: ASGIApp,
        ended: Sequence[Callable[[Answered], None]],
        answering: Callable[[Answered], Awaitable[None]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._ended, self._answering, self._clock = app, ended, answering, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and tell of it."""
        scope[REQUEST] = secrets.token_hex(8)
        seen = _Seen(scope, send, self._answering, self._clock)
        try:
            await self._app(scope, receive, seen.send)
        except ClientDisconnect:
            pass  # nobody is there to be answered, which status 0 tells
        except Exception:
            _LOG.exception("request %s failed", scope[REQUEST])
            if not seen.begun:
                told = f"the service failed: its log tells more of the request {scope[REQUEST]}"
                await problem(500, told)(scope, receive, seen.send)
        finally:
            answered = seen.answered()
            for ended in self._ended:
                ended(answered)


class _Seen:
    """What was sent of the answer to a request."""

    def __init__(
        self,
        scope: Scope,
        send: Send,
        answering: Callable[[Answered], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self._scope, self._send, self._answering, self._clock = scope, send, answering, clock
        self._started = clock()
        self.status, self._headers, self.begun = 0, Headers(), False
        self._start: Message | None = None
        self._reason: str | None = None

    async def send(self, message: Message) -> None:
        """Send a part of the answer; before anything of it is sent, it is told of."""
        if message["type"] == "http.response.start":
            self.status, self._headers = message["status"], Headers(raw=message["headers"])
            self._start = message  # waits for the first part of the body, by which the reason is known
            return
        if self._start is not None:
            start, self._start = self._start, None
            self._reason = self._reason_in(message.get("body", b""))
            await self._answering(self.answered())
            self.begun = True
            await self._send(start)
        await self._send(message)

    def answered(self) -> Answered:
        """Return the request with what is known of its answer."""
        caller: Caller | None = self._scope.get(CALLER)
        return Answered(
            id=self._scope[REQUEST],
            method=self._scope["method"],
            path=_readable(self._scope["path"])[:_LONGEST],
            route=_pattern(self._scope),
            status=self.status,
            seconds=self._clock() - self._started,
            streamed=self._headers.get("content-type", "").startswith("text/event-stream"),
            who=self._scope.get(PRINCIPAL),
            address=caller.address if caller else "",
            reason=self._reason,
            made=self._headers.get("location") if self.status in (201, 202) else None,
        )

    def _reason_in(self, body: bytes) -> str | None:
        if not self._headers.get("content-type", "").startswith(PROBLEM):
            return None
        return _readable(masked(str(json.loads(body)["detail"]))[:_LONGEST_REASON])[:_LONGEST_REASON]


def _readable(text: str) -> str:
    """Return `text` with escapes for what is not printed, which a database may refuse, too."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _pattern(scope: Scope) -> str:
    """Return the pattern of the path that a request was routed by; routes do not know what they lie below."""
    own: str | None = getattr(scope.get("route"), "path", None)
    if own is None:
        return "other"
    if ":path}" in own:  # it stands for any number of parts
        return own
    names = {str(value): f"{{{name}}}" for name, value in scope.get("path_params", {}).items()}
    parts = scope["path"].split("/")
    above = parts[: max(0, len(parts) - own.count("/"))]
    return "/".join(names.get(part, part) for part in above) + own
