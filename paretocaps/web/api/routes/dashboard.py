"""optuna-dashboard under `/dashboard`, for admins: it can change what Optuna's tables have."""

import asyncio
import threading
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from paretocaps.web.api.wsgi_bridge import answer_of
from paretocaps.web.dashboard import dashboard_application
from paretocaps.web.guard.allowed import allowed
from paretocaps.web.guard.headers import DASHBOARD

if TYPE_CHECKING:
    from paretocaps.search.riding_storage import RidingStorage
    from paretocaps.web.application import Application
    from paretocaps.web.serve_settings import ServeSettings

_METHODS = ["GET", "POST", "PUT", "DELETE"]
_API = ("/api/studies", "/api/trials", "/api/artifacts", "/api/meta", "/api/llm")
_ASKED = ("/artifacts", "/csv", "/paretocaps", *_API)
"""What optuna-dashboard's page asks for, from the root."""
_SCRIPT = "/static/bundle.js"


class Dashboard:
    """optuna-dashboard, which is made when somebody looks at it, because its import takes seconds."""

    def __init__(self, settings: "ServeSettings") -> None:
        self._settings, self._lock = settings, threading.Lock()
        self._made: tuple[Application, RidingStorage] | None = None

    def application(self) -> "Application":
        """Return the WSGI application.

        Raises:
            StorageError: the database cannot be used.
        """
        with self._lock:
            if self._made is None:
                self._made = dashboard_application(self._settings.storage)
            return self._made[0]

    def close(self) -> None:
        """Close its connections to the database."""
        if self._made is not None:
            self._made[1].engine.dispose()


def dashboard_of(request: Request) -> Dashboard:
    """Return the dashboard of the service that answers a request."""
    found: Dashboard = request.app.state.dashboard
    return found


router = APIRouter(include_in_schema=False)


async def browse(request: Request, dashboard: Annotated[Dashboard, Depends(dashboard_of)]) -> Response:
    """Answer as optuna-dashboard does."""
    application = await asyncio.to_thread(dashboard.application)
    answer = await answer_of(application, request)
    answer.headers["Content-Security-Policy"] = DASHBOARD
    return answer


def to_its_page() -> Response:
    """Lead to the page of the dashboard."""
    return RedirectResponse("/dashboard/")


_ADMIN = [Depends(allowed("admin"))]
router.add_api_route(_SCRIPT, browse, methods=["GET"])  # it tells nothing of any study
router.add_api_route("/dashboard", to_its_page, methods=["GET"], dependencies=_ADMIN)
router.add_api_route("/dashboard/{rest:path}", browse, methods=["GET"], dependencies=_ADMIN)
for _path in _ASKED:
    for _below in ("", "/{rest:path}"):
        router.add_api_route(f"{_path}{_below}", browse, methods=_METHODS, dependencies=_ADMIN)
