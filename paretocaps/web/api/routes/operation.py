"""For whoever runs the service: whether it lives and is ready, and its metrics."""

import logging

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from paretocaps.errors import ParetocapsError, UnavailableError
from paretocaps.service.supervising.supervisor import Supervisor
from paretocaps.storage.patience import Patience
from paretocaps.web.api import models
from paretocaps.web.api.asked import Opened
from paretocaps.web.guard.allowed import allowed
from paretocaps.web.problems import problems

router = APIRouter(tags=["operation"])
_LOG = logging.getLogger(__name__)
_AT_ONCE = Patience(0.0)


@router.get("/healthz")
async def lives() -> models.Health:
    """Answer that the process lives."""
    return models.Health(status="ok")


@router.get("/readyz", responses=problems(503))
def ready(request: Request, store: Opened) -> models.Health:
    """Answer whether requests can be served: the database can be used, and submissions are run."""
    try:
        store.with_patience(_AT_ONCE).submission_counts()
        if store.file is not None:  # SQLite reads on in a file that was removed
            store.file.check()
    except (ParetocapsError, OSError):
        _LOG.exception("not ready")
        raise UnavailableError("the database cannot be used: the service's log tells why", "away") from None
    supervisor: Supervisor | None = getattr(request.app.state, "supervisor", None)
    if supervisor is not None and not supervisor.alive:
        raise UnavailableError("nothing runs the submissions any more: restart the service", "away")
    if supervisor is not None and supervisor.fault:
        raise UnavailableError("no submission can be begun: the service's log tells why", "away")
    return models.Health(status="ok")


@router.get("/metrics", dependencies=[Depends(allowed("read"))], response_class=Response)
def metrics(request: Request) -> Response:
    """Return counts of requests and submissions, and what the process uses, for Prometheus."""
    return Response(request.app.state.metrics.text(), media_type=CONTENT_TYPE_LATEST)
