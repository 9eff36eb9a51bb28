"""How a browser shows that it was given a token: by a cookie that holds no secret and ends by itself."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Container, Iterable

from paretocaps.web.guard.hosts import port_of
from paretocaps.web.guard.tokens import Token

SECONDS = 7 * 86_400
"""How long a session lasts."""
_DIGITS = 20


def cookie_name(host: str) -> str:
    """Return the name of the cookie: browsers send one machine's cookies to all its ports."""
    port = port_of(host)
    return f"paretocaps-{port}" if port else "paretocaps"


def begin(token: Token, now: float | None = None) -> str:
    """Return a cookie's value: the token's name, when the session ends and which it is, signed.

    It is void as soon as the token is gone or has another secret.
    """
    until = int((time.time() if now is None else now) + SECONDS)
    signed = f"{token.principal.name}.{until}.{secrets.token_urlsafe(8)}"
    return f"{signed}.{_signature(token, signed)}"


def token_of(
    cookies: str,
    name: str,
    tokens: Iterable[Token],
    now: float | None = None,
    left: Container[str] = (),
) -> Token | None:
    """Return the token of the session that a header Cookie tells of; None where none is, or it has ended.

    Args:
        cookies: the header's value.
        name: the cookie's name.
        tokens: those of the service.
        now: seconds since 1970; None for the present.
        left: the cookies' values whose sessions were left.
    """
    value = value_of(cookies, name)
    signed, _, signature = value.rpartition(".")
    owner, until = signed.partition(".")[0], end_of(value)
    if until is None or until < (time.time() if now is None else now) or value in left:
        return None
    for token in tokens:
        if token.principal.name == owner:
            right = hmac.compare_digest(_signature(token, signed).encode(), signature.encode())
            return token if right else None
    return None


def value_of(cookies: str, name: str) -> str:
    """Return the value of a cookie in a header Cookie; empty where it is not there."""
    for part in cookies.split(";"):  # Python's own parser drops all where another's cookie is odd
        own, equals, value = part.strip().partition("=")
        if equals and own == name:
            return value
    return ""


def end_of(value: str) -> int | None:
    """Return when the session of a cookie's value ends, in seconds since 1970; None where nothing tells."""
    _, until, *_ = (*value.split("."), "", "")
    return int(until) if until.isdecimal() and until.isascii() and len(until) < _DIGITS else None


class FirstKey:
    """A key that opens one session, once: the address that `paretocaps serve` prints has it."""

    def __init__(self, make: Callable[[], str] = secrets.token_urlsafe) -> None:
        self.key: str | None = make()

    def take(self, key: str) -> bool:
        """Return whether `key` is it; it is used up by that."""
        right = self.key is not None and hmac.compare_digest(self.key.encode(), key.encode())
        if right:
            self.key = None
        return right


def _signature(token: Token, signed: str) -> str:
    made = hmac.digest(token.secret.encode(), f"paretocaps session {signed}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made).decode().rstrip("=")
