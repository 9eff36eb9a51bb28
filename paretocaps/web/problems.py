"""What a refused request is answered with: one line as application/problem+json (RFC 9457)."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from paretocaps.domain.wording import wording
from paretocaps.errors import (
    FencedError,
    LostStorageError,
    MissingError,
    NoStudiesError,
    ParetocapsError,
    StateError,
    StorageError,
    StudyMismatchError,
    TooLargeError,
    UnavailableError,
    UsageError,
)
from paretocaps.storage.faults import AGAIN

PROBLEM = "application/problem+json"
_STORAGE = re.compile(r"""^storage (['"]).*?\1(?=:)""")
_AGAIN_AFTER = "5"  # s, for a database that is away or locked


class Problem(BaseModel):
    """Why a request was refused, in one line that names the value and the remedy."""

    model_config = ConfigDict(extra="forbid")

    type: str = "about:blank"
    title: str
    status: int
    detail: str


_STATUS: tuple[tuple[type[ParetocapsError], int], ...] = (
    (UnavailableError, 503),
    (LostStorageError, 503),
    (FencedError, 409),
    (StudyMismatchError, 409),
    (StateError, 409),
    (TooLargeError, 413),
    (MissingError, 404),
    (NoStudiesError, 404),
    (StorageError, 404),
    (UsageError, 422),
)
"""The statuses of errors; the first class that fits decides."""


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer to a request that is refused with `status`, for the reason `detail`."""
    content = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return JSONResponse(content.model_dump(), status, headers, media_type=PROBLEM)


def status_of(error: ParetocapsError) -> int:
    """Return the HTTP status that tells of an error."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def text_of(error: ParetocapsError) -> str:
    """Return the line that tells of an error to whoever sent a request, without the place of the database."""
    line = str(error).replace(AGAIN, ", then send the request again")
    return _STORAGE.sub("the database", line) if status_of(error) >= 500 else line


def again_after(error: ParetocapsError) -> dict[str, str]:
    """Return the headers that say when a request may be sent again; none where that would not help."""
    return {"Retry-After": _AGAIN_AFTER} if isinstance(error, UnavailableError) else {}


def invalid_text(error: RequestValidationError) -> str:
    """Return the line that says which value of a request is not allowed, and why."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return f"the body is not valid JSON: {first['ctx']['error']}"
    name = ".".join(map(str, first["loc"][1:])) or str(first["loc"][0])
    return f"{name:.80}={first['input']!r:.200} is not allowed: {wording(first)}"


def tell_problems(app: FastAPI) -> None:
    """Let an application answer its errors as problems."""
    app.add_exception_handler(ParetocapsError, _ours)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(UnicodeEncodeError, _no_text)
    app.add_exception_handler(Exception, _unforeseen)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of the problems with which a route may answer."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {PROBLEM: {"schema": schema}}}
        for status in statuses
    }


def _ours(_: Request, error: Exception) -> Response:
    assert isinstance(error, ParetocapsError)
    return problem(status_of(error), text_of(error), again_after(error))


def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), error.headers)


def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem(422, invalid_text(error))


def _no_text(_: Request, error: Exception) -> Response:
    assert isinstance(error, UnicodeEncodeError)
    return problem(422, f"{error.object!r} has characters that are no text: leave them out")


def _unforeseen(_: Request, error: Exception) -> Response:
    return problem(500, f"the service failed ({type(error).__name__}): its log says where")
