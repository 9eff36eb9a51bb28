"""Classifies images that somebody sends with the form of a trial's page, and shows what they are."""

import base64
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from paretocaps.errors import ParetocapsError
from paretocaps.service.predicting import export_of
from paretocaps.web.guard.allowed import Runs, allowed
from paretocaps.web.pages.answers import Number, PageRoute, Reading
from paretocaps.web.pages.buttons import shown
from paretocaps.web.pages.looking import trial_page
from paretocaps.web.problems import status_of, text_of
from paretocaps.web.received import received_images

router = APIRouter(route_class=PageRoute, include_in_schema=False)
_TOP = 3
"""So many classes are shown of each image."""
_LARGEST = 300_000
"""Bytes of an image above which the page does not repeat it."""
_KINDS = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"RIFF": "webp", b"BM": "bmp"}
"""How the files of images begin that a browser shows."""


@dataclass(frozen=True)
class Shown:
    """An image with what it is: its name, the address of its picture, and classes with their scores."""

    name: str
    picture: str
    scores: tuple[tuple[str, float], ...]


@router.get("/studies/{study}/trials/{trial}/predict", dependencies=[Depends(allowed("read"))])
def looked_at_again(study: str, trial: int) -> Response:
    """Lead to the page of the trial: the script of the answer's page reads its address again."""
    return shown("studies", study, "trials", trial)


@router.post("/studies/{study}/trials/{trial}/predict")
async def predict(
    request: Request,
    study: str,
    trial: Number,
    who: Runs,
    readers: Reading,
) -> Response:
    """Classify images by the latest export of a trial, or show its page with why they are not."""
    settings, store = readers.settings, readers.store
    try:
        export = await run_in_threadpool(export_of, study, trial, store, settings.folder)
        images = await received_images(request, settings.images)
        found = await run_in_threadpool(images.classified, export, _TOP)
    except ParetocapsError as error:
        answer = {"status": status_of(error), "alert": text_of(error)}
        return await run_in_threadpool(trial_page, request, study, trial, readers, **answer)
    predictions = [
        Shown(name, picture(content), tuple(one.scores.items()))
        for (name, content), one in zip(images.images, found, strict=True)
    ]
    return await run_in_threadpool(trial_page, request, study, trial, readers, predictions=predictions)


def picture(content: bytes) -> str:
    """Return an image file as a data URI, where it is small and of a kind that browsers show; else ""."""
    kind = next((kind for start, kind in _KINDS.items() if content.startswith(start)), "")
    if not kind or len(content) > _LARGEST:
        return ""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
