"""What is done with a trial of a study: train it fully, export its network, and take the files."""

from typing import Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import FileResponse

from paretocaps.service import queueing
from paretocaps.service.study_files import study_file, study_files
from paretocaps.storage.artifacts import safe_name
from paretocaps.web.api import models
from paretocaps.web.api.asked import Opened, Settings
from paretocaps.web.api.routes.studies import Number
from paretocaps.web.api.routes.submitting import May, Priority, places_of
from paretocaps.web.guard.allowed import allowed
from paretocaps.web.owned import allowed_priority, quota_of, training_of
from paretocaps.web.problems import problems

router = APIRouter(prefix="/studies", tags=["members"], responses=problems(404, 422))
_BINARY: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.post("/{study}/trials/{number}/train", status_code=202, responses=problems(409))
def train(
    study: str,
    number: Number,
    response: Response,
    who: May,
    settings: Settings,
    store: Opened,
    wanted: models.TrainingOptions | None = None,
    priority: Priority = 0,
) -> models.Submission:
    """Train the choices of a trial once more, fully. It waits in the queue for its turn."""
    store.trial(study, number)
    given = {} if wanted is None else wanted.model_dump(exclude_none=True)
    new = queueing.submit(
        "training",
        study,
        {"trial": number, **given},
        store,
        owner=who.name,
        priority=allowed_priority(who, priority),
        quota=quota_of(who),
        places=places_of(settings),
    )
    return _queued(new, response)


@router.post("/{study}/trials/{number}/export", status_code=202, responses=problems(409))
def export(
    study: str,
    number: Number,
    response: Response,
    who: May,
    settings: Settings,
    store: Opened,
    wanted: models.ExportOptions | None = None,
    priority: Priority = 0,
) -> models.Submission:
    """Export the network of a trial, or of a training of it that was submitted. It waits in the queue."""
    store.trial(study, number)
    given = {} if wanted is None else wanted.model_dump(exclude_none=True)
    if "training" in given:
        training_of(study, number, given["training"], store)
    new = queueing.submit(
        "export",
        study,
        {"trial": number, **given},
        store,
        owner=who.name,
        priority=allowed_priority(who, priority),
        quota=quota_of(who),
        places=places_of(settings),
    )
    return _queued(new, response)


@router.get("/{study}/files", dependencies=[Depends(allowed("read"))])
def files(study: str, settings: Settings, store: Opened) -> list[models.StudyFile]:
    """List the files of a study that can be taken: exports, submitted trainings, kept weights."""
    return [models.StudyFile.of(one) for one in study_files(study, settings.folder, store)]


@router.get(
    "/{study}/files/{name}",
    dependencies=[Depends(allowed("read"))],
    response_class=FileResponse,
    responses=_BINARY,
)
def download(study: str, name: str, settings: Settings, store: Opened) -> FileResponse:
    """Take a file of a study."""
    found = study_file(study, name, settings.folder, store)
    return FileResponse(
        found.path, media_type="application/octet-stream", filename=f"{safe_name(study)}-{found.name}"
    )


def _queued(new: Any, response: Response) -> models.Submission:
    response.headers["Location"] = f"/api/v1/queue/{new.id}"
    return models.Submission.of(new)
