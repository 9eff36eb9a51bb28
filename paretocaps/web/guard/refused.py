"""The answer to a request that is refused: a problem, or the page that asks a person for a token."""

from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from paretocaps.web.guard.door import LOGIN
from paretocaps.web.problems import problem


def refused(scope: Scope, error: HTTPException) -> Response:
    """Return the answer to a request that is refused with `error`."""
    if error.status_code == 401 and _is_of_a_person(scope):
        next = scope["path"] if scope["method"] == "GET" else "/"
        # twice: the page that asks for a token reads it decoded, and names it as an address again
        return RedirectResponse(f"{LOGIN}?next={quote(quote(next))}", 303)
    return problem(error.status_code, str(error.detail), error.headers)


async def without_token(request: Request, error: Exception) -> Response:
    """Return the answer to a request for which a route needs a token."""
    assert isinstance(error, HTTPException)
    return refused(request.scope, error)


def _is_of_a_person(scope: Scope) -> bool:
    """Return whether a browser opens a page or sends a form."""
    headers = Headers(scope=scope)
    return "text/html" in headers.get("accept", "") and "authorization" not in headers
