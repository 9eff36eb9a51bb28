"""The OpenAPI of the service: what every path takes and answers, refusals included."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from paretocaps.web.problems import PROBLEM, Problem, problems

_ALWAYS = (400, 401, 403, 413, 422, 429, 500, 503)
"""The statuses with which any path may refuse."""
_METHODS = ("get", "post", "put", "patch", "delete")


def openapi_of(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI of an application, in which every refusal is a `Problem`; it is made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _described(app)
    return app.openapi_schema


def _described(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    schemas = found["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema()
    refusals = {str(status): said for status, said in problems(*_ALWAYS).items()}
    for methods in found["paths"].values():
        for operation in (one for name, one in methods.items() if name in _METHODS):
            own = operation["responses"]
            refused = {status: said for status, said in own.items() if PROBLEM in said.get("content", {})}
            kept = {status: said for status, said in own.items() if status not in refusals}
            operation["responses"] = {**kept, **refusals, **refused}
    return found
