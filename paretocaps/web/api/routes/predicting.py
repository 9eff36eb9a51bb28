"""Images are classified by the exported network of a trial."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as InPath
from fastapi.concurrency import run_in_threadpool

from paretocaps.service.predicting import export_of
from paretocaps.web.api import models
from paretocaps.web.api.asked import Opened, Settings
from paretocaps.web.guard.allowed import allowed
from paretocaps.web.problems import problems
from paretocaps.web.received import received_images

router = APIRouter(prefix="/studies", tags=["trials"], dependencies=[Depends(allowed("run"))])
_IMAGE = {"type": "string", "format": "binary", "description": "an image file of any size"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": _IMAGE},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["images"],
                    "properties": {"images": {"type": "array", "items": _IMAGE}},
                }
            },
        },
    }
}


@router.post("/{study}/trials/{trial}/predict", openapi_extra=_BODY, responses=problems(404, 409, 413, 422))
async def predict(
    request: Request,
    study: str,
    trial: Annotated[int, InPath(ge=0, le=2**31 - 1)],
    settings: Settings,
    store: Opened,
    top: Annotated[int, Query(ge=1, le=1000, description="how many classes, best first")] = 3,
) -> list[models.Prediction]:
    """Classify images, a form of files or one file, by the latest export of a trial."""
    export = await run_in_threadpool(export_of, study, trial, store, settings.folder)
    images = await received_images(request, settings.images)
    found = await run_in_threadpool(images.classified, export, top)
    return [models.Prediction.model_validate(one.as_dict()) for one in found]
