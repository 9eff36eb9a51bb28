"""Who sends a request, by its token or its session, and whether that is enough for it."""

from starlette.datastructures import Headers

from paretocaps.web.guard.caller import Caller
from paretocaps.web.guard.origins import changes_something
from paretocaps.web.guard.principal import LOOPBACK, Principal
from paretocaps.web.guard.refusal import Refusal
from paretocaps.web.guard.rules import Rules
from paretocaps.web.guard.sessions import cookie_name, token_of
from paretocaps.web.guard.tokens import find

LOGIN = "/login"
OPEN_TO_ALL = frozenset({LOGIN, "/healthz", "/readyz", "/favicon.ico"})
"""The paths that need no token."""
STATIC = "/static/"
"""The folder of the pages' script and styles, which needs no token either."""

_CHALLENGE = {"WWW-Authenticate": "Bearer"}


def principal_of(headers: Headers, caller: Caller, rules: Rules) -> Principal | None:
    """Return who sends a request, or None where it does not tell.

    Raises:
        Refusal: of status 401, where it has a token that is none of the service's.
    """
    given = headers.get("authorization")
    if given is not None:
        kind, _, secret = given.partition(" ")
        token = find(rules.tokens, secret.strip()) if kind.lower() == "bearer" else None
        if token is None:
            told = "the token is none of this service's" if kind.lower() == "bearer" else "it is no token"
            raise Refusal(
                401, f"{told}: send one that is in the header 'Authorization: Bearer TOKEN'", _CHALLENGE
            )
        return token.principal
    name = cookie_name(headers.get("host", ""))
    token = token_of(headers.get("cookie", ""), name, rules.tokens, left=rules.left)
    if token is not None:
        return token.principal
    return LOOPBACK if rules.open_reading and not caller.forwarded else None


def refuse_without_token(who: Principal | None, method: str, path: str, caller: Caller, rules: Rules) -> None:
    """Refuse a request that needs a token and has none.

    Raises:
        Refusal: of status 401.
    """
    if path in OPEN_TO_ALL or path.startswith(STATIC):
        return
    if who is None:
        proxy = caller.forwarded and rules.open_reading
        told = " (it came through a proxy, which --proxy does not name)" if proxy else ""
        raise Refusal(
            401, f"no token{told}: send one in the header 'Authorization: Bearer TOKEN'", _CHALLENGE
        )
    if who == LOOPBACK and changes_something(method, path):
        raise Refusal(
            401,
            "changing something needs a token, on this machine too: enter the one in the file `token` of the "
            "service folder at /login, or send it in the header 'Authorization: Bearer TOKEN'",
            _CHALLENGE,
        )
