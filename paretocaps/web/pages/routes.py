"""Gives a service its pages."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from paretocaps.service.overview import Overview
from paretocaps.storage.store import Store
from paretocaps.web.guard.door import STATIC
from paretocaps.web.pages import buttons, classifying, data, looking, submitting
from paretocaps.web.pages.answers import Readers, problem_page
from paretocaps.web.pages.assets import at
from paretocaps.web.problems import problem
from paretocaps.web.serve_settings import ServeSettings

_KEPT = "public, max-age=31536000, immutable"  # the address of a file changes with its content


def add_pages(app: FastAPI, settings: ServeSettings) -> None:
    """Give a service its pages, and the files that these need."""
    store: Store = app.state.store
    app.state.readers = Readers(settings, store, app.state.answers, Overview(store))
    app.add_api_route(f"{STATIC}{{name}}", static, include_in_schema=False)
    for routes in (looking, submitting, data, classifying, buttons):
        app.include_router(routes.router)
    app.add_exception_handler(404, nowhere)


def static(request: Request, name: str) -> Response:
    """Return a file of the pages."""
    found = at(f"{STATIC}{name}")
    if found is None:
        raise HTTPException(404, f"there is no file {name!r}: reload the page")
    headers = {"Cache-Control": _KEPT, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(
            found.compressed, media_type=found.kind, headers=headers | {"Content-Encoding": "gzip"}
        )
    return Response(found.content, media_type=found.kind, headers=headers)


async def nowhere(request: Request, error: Exception) -> Response:
    """Answer a request for what is not there: by a page where a browser asks for one."""
    assert isinstance(error, HTTPException)
    place, told = request.url.path, str(error.detail)
    text = f"nothing is at {place!r}" if told == HTTPStatus.NOT_FOUND.phrase else told
    if "text/html" in request.headers.get("accept", "") and not place.startswith("/api/"):
        return problem_page(request, 404, text)
    return problem(404, text, error.headers)
