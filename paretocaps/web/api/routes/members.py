"""What is done with a trial of a study: train it fully, export its network, and take the files."""

from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel

from paretocaps.service.study_files import study_file, study_files
from paretocaps.storage.artifacts import safe_name
from paretocaps.web.api import models
from paretocaps.web.api.asked import Opened, Settings
from paretocaps.web.api.routes.studies import Number
from paretocaps.web.api.routes.submitting import Priority, places_of
from paretocaps.web.guard.allowed import Runs, allowed
from paretocaps.web.owned import submit_of_trial
from paretocaps.web.problems import problems

router = APIRouter(prefix="/studies", tags=["members"], responses=problems(404, 422))
_BINARY: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}


class Asker:
    """Who asks for a model of a trial, and with which priority; it submits that and says where it waits."""

    def __init__(
        self,
        study: str,
        number: Number,
        response: Response,
        who: Runs,
        settings: Settings,
        store: Opened,
        priority: Priority = 0,
    ) -> None:
        self._submit = partial(
            submit_of_trial,
            study=study,
            trial=number,
            who=who,
            store=store,
            priority=priority,
            places=places_of(settings),
        )
        self._response = response

    def submit(self, kind: Literal["training", "export"], wanted: BaseModel | None) -> models.Submission:
        """Submit a training or an export of the trial, with the options that are wanted."""
        given = {} if wanted is None else wanted.model_dump(exclude_none=True)
        new = self._submit(kind=kind, options=given)
        self._response.headers["Location"] = f"/api/v1/queue/{new.id}"
        return models.Submission.of(new)


Asking = Annotated[Asker, Depends()]


@router.post("/{study}/trials/{number}/train", status_code=202, responses=problems(409))
def train(asker: Asking, wanted: models.TrainingOptions | None = None) -> models.Submission:
    """Train the choices of a trial once more, fully. It waits in the queue for its turn."""
    return asker.submit("training", wanted)


@router.post("/{study}/trials/{number}/export", status_code=202, responses=problems(409))
def export(asker: Asking, wanted: models.ExportOptions | None = None) -> models.Submission:
    """Export the network of a trial, or of a training of it that was submitted. It waits in the queue."""
    return asker.submit("export", wanted)


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
