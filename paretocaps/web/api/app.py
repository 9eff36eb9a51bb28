"""The service as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, FastAPI

from paretocaps.service.uploading import remove_left
from paretocaps.storage.store import Store
from paretocaps.web.answers import Answers
from paretocaps.web.api.feed import Feed
from paretocaps.web.api.routes import dashboard, data, events, parts, queue, studies, submitting
from paretocaps.web.guard.middleware import Guard
from paretocaps.web.pages.routes import add_pages
from paretocaps.web.problems import tell_problems
from paretocaps.web.serve_settings import ServeSettings

API = "/api/v1"


def create_app(settings: ServeSettings) -> FastAPI:
    """Return the service on a database as an ASGI application.

    Raises:
        StorageError: the database cannot be used.
    """
    store = Store.open(settings.storage, create=True)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        remove_left(settings.folder)
        yield
        app.state.dashboard.close()
        store.close()

    app = FastAPI(
        title="paretocaps",
        summary="Choose how to train a capsule network.",
        version=version("paretocaps"),
        lifespan=lifespan,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
    )
    app.state.settings, app.state.store = settings, store
    app.state.answers, app.state.feed = Answers(store), Feed(store)
    app.state.dashboard = dashboard.Dashboard(settings)
    app.state.checking = asyncio.Semaphore(1)
    tell_problems(app)
    api = APIRouter(prefix=API)
    for routes in (studies, events, submitting, queue, data, parts):
        api.include_router(routes.router)
    app.include_router(api)
    app.include_router(dashboard.router)
    add_pages(app, settings)
    app.add_middleware(Guard)
    return app
