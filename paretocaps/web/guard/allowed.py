"""The dependency by which a route says who may use it."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from paretocaps.web.guard.principal import LOOPBACK, PRINCIPAL, ROLES, Principal, Role

_BEARER = HTTPBearer(auto_error=False, description="a token of the service")
_Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


def allowed(role: Role) -> Callable[..., Coroutine[Any, Any, Principal]]:
    """Return a dependency that yields the `Principal` of a request whose role is `role` or may more.

    A route asks for it with `who: Annotated[Principal, Depends(allowed("run"))]`. The dependency raises an
    `HTTPException`: of status 401 where the request has no principal, of 403 where its role is too low.
    """

    async def check(request: Request, _: _Bearer) -> Principal:
        found: Principal | None = request.scope.get(PRINCIPAL)
        enough = " or ".join(ROLES[ROLES.index(role) :])
        if found is None or (found == LOOPBACK and not found.may(role)):
            told = f"this needs a token of the role {enough}: send it in 'Authorization: Bearer TOKEN'"
            raise HTTPException(401, told, headers={"WWW-Authenticate": "Bearer"})
        if not found.may(role):
            told = f"the token {found.name!r} has the role {found.role}: use one of the role {enough}"
            raise HTTPException(403, told)
        return found

    return check


Runs = Annotated[Principal, Depends(allowed("run"))]
"""Whoever may train, stop and delete."""
