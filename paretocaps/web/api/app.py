"""The service as an ASGI application."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from fastapi.concurrency import run_in_threadpool

from paretocaps.service.supervising import Supervisor
from paretocaps.service.uploading import remove_left
from paretocaps.storage.patience import Patience
from paretocaps.storage.store import Store
from paretocaps.web.answers import Answers
from paretocaps.web.api.described import openapi_of
from paretocaps.web.api.feed import Feed
from paretocaps.web.api.routes import (
    audit,
    dashboard,
    data,
    events,
    members,
    operation,
    parts,
    predicting,
    queue,
    studies,
    submitting,
)
from paretocaps.web.guard.protecting import protect
from paretocaps.web.guard.rules import rules_of
from paretocaps.web.guard.sizes import MIB
from paretocaps.web.pages.routes import add_pages
from paretocaps.web.problems import tell_problems
from paretocaps.web.serve_settings import ServeSettings

API = "/api/v1"
_WAIT = 2.0
"""Seconds that a request waits for a database that is away or locked."""
_DATA = re.compile(r"(/api/v1)?/data(/[^/]*)?")
_PREDICT = re.compile(r"(/api/v1)?/studies/[^/]+/trials/[^/]+/predict")


def create_app(settings: ServeSettings) -> FastAPI:
    """Return the service on a database as an ASGI application.

    Raises:
        StorageError: the database cannot be used.
        UsageError: other machines reach it, and there is no token; or an option of its guard is wrong.
    """
    rules = rules_of(settings.guard, settings.host, settings.folder, os.environ, larger_bodies(settings))
    patient = Store.open(settings.storage, create=True)
    store = patient.with_patience(Patience(_WAIT))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        remove_left(settings.folder)
        supervisor = _supervisor(settings)
        if supervisor is not None:
            supervisor.start()
        app.state.supervisor = supervisor
        yield
        if supervisor is not None:
            await run_in_threadpool(supervisor.close)
        app.state.dashboard.close()
        patient.close()

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
    app.state.answers, app.state.feed = Answers(store), Feed(patient)
    app.state.dashboard = dashboard.Dashboard(settings)
    app.state.checking = asyncio.Semaphore(1)
    tell_problems(app)
    api = APIRouter(prefix=API)
    for routes in (studies, events, members, submitting, queue, data, predicting, parts, audit):
        api.include_router(routes.router)
    app.include_router(api)
    app.include_router(dashboard.router)
    app.include_router(operation.router)
    add_pages(app, settings)
    protect(app, rules, store, settings.guard.audit)
    app.openapi = lambda: openapi_of(app)  # type: ignore[method-assign]
    return app


def larger_bodies(settings: ServeSettings) -> tuple[tuple[re.Pattern[str], int], ...]:
    """Return the paths that take larger bodies than others, and their bytes: those of a form count, too."""
    return (_DATA, settings.uploads.size + MIB), (_PREDICT, settings.images.size + MIB)


def _supervisor(settings: ServeSettings) -> Supervisor | None:
    if not settings.supervise:
        return None
    return Supervisor(
        settings.storage,
        settings.folder,
        data_root=settings.data_root,
        parallel=settings.parallel,
        slice=settings.slice,
    )
