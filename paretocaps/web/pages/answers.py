"""What the routes of the pages share: who asks, what is read, and answers in HTML."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any, cast

from fastapi import Depends, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from paretocaps.errors import ParetocapsError
from paretocaps.service.overview import Overview
from paretocaps.service.queueing import Places
from paretocaps.storage.store import Store
from paretocaps.web.answers import Answers
from paretocaps.web.guard.principal import LOOPBACK, PRINCIPAL, Principal
from paretocaps.web.pages.kept import Kept
from paretocaps.web.pages.rendering import render
from paretocaps.web.pages.study_page import FrontPart
from paretocaps.web.problems import again_after, invalid_text, status_of, text_of
from paretocaps.web.serve_settings import ServeSettings


@dataclass(frozen=True)
class Readers:
    """What the pages of a service read from, and keep.

    Attributes:
        settings: the settings of the service.
        store: its open database.
        answers: what is kept of answers that cost time.
        overview: the lines of all studies.
        fronts: the fronts of studies as their pages show them.
        seconds: the training seconds of studies.
    """

    settings: ServeSettings
    store: Store
    answers: Answers
    overview: Overview
    fronts: Kept[FrontPart] = field(default_factory=Kept)
    seconds: Kept[float] = field(default_factory=lambda: Kept(in_turn=False))

    @property
    def places(self) -> Places:
        """Where the service keeps and looks for files."""
        return Places(self.settings.folder, self.settings.data_root)


def readers_of(request: Request) -> Readers:
    """Return what the pages of the service that answers a request read from."""
    return cast(Readers, request.app.state.readers)


Reading = Annotated[Readers, Depends(readers_of)]
"""The parameter of a route that reads."""
Number = Annotated[int, Path(ge=0, le=2**31 - 1)]
"""The number of a trial or a submission in the path of a page: what a column of a database has room for."""


class PageRoute(APIRoute):
    """A route that answers in HTML, also where a request is refused."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await answer(request)
            except ParetocapsError as error:
                return problem_page(request, status_of(error), text_of(error), again_after(error))
            except HTTPException as error:
                return problem_page(request, error.status_code, str(error.detail), dict(error.headers or {}))
            except RequestValidationError as error:
                return problem_page(request, 422, invalid_text(error))

        return handle


def page(
    request: Request, template: str, title: str, place: str = "", status: int = 200, **content: Any
) -> Response:
    """Return the answer to a request in HTML.

    Args:
        request: the request.
        template: the name of the template.
        title: the title of the page.
        place: where it is in the navigation.
        status: the HTTP status.
        content: the template's further variables.
    """
    who: Principal | None = request.scope.get(PRINCIPAL)
    own = who is not None and who is not LOOPBACK  # to look, nobody needs a token on this machine
    common = {"title": title, "place": place, "who": who, "own": own, "template": template}
    common["may_run"] = own and who is not None and who.may("run")
    return HTMLResponse(render(template, {**common, **content}), status)


def problem_page(
    request: Request, status: int, detail: str, headers: dict[str, str] | None = None
) -> Response:
    """Return why a request was refused, as a page."""
    answer = page(request, "problem", HTTPStatus(status).phrase, status=status, detail=detail)
    answer.headers.update(headers or {})
    return answer
