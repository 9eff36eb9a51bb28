"""The page of a new study: a form made from the schema, a preview of its space, and a study file."""

import re
import tomllib
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import Response

from paretocaps import service
from paretocaps.domain.study_file import resolve_spec, study_part
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import ParetocapsError, UsageError
from paretocaps.service.submitted import refuse_files, refuse_own_trainer
from paretocaps.service.uploading import UPLOAD, data_sets
from paretocaps.web.guard.allowed import Runs, allowed
from paretocaps.web.pages.answers import PageRoute, Readers, Reading, page
from paretocaps.web.pages.buttons import submitted
from paretocaps.web.pages.form import OPEN, Option, groups, options_of
from paretocaps.web.problems import status_of, text_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Given = dict[str, str]
_PRIORITY = re.compile(r"-?(100|[0-9]{1,2})")


async def given_of(request: Request) -> Given:
    """Return what a form was filled in with; several values of one field are lines."""
    form: FormData = await request.form()
    return {name: "\n".join(str(value) for value in form.getlist(name)) for name in form}


Filled = Annotated[Given, Depends(given_of)]


@router.get("/new", dependencies=[Depends(allowed("read"))])
def new(request: Request, readers: Reading) -> Response:
    """Show the form of a new study."""
    return _form(request, readers, {})


@router.post("/new/preview", dependencies=[Depends(allowed("read"))])
def preview(request: Request, readers: Reading, given: Filled) -> Response:
    """Show the form with the space of the study that it describes."""
    return _form(request, readers, given)


@router.post("/new")
async def submit(request: Request, who: Runs, readers: Reading, given: Filled) -> Response:
    """Submit the study that a form describes, or show the form again with why it was refused."""
    try:
        return await submitted(readers, who, options_of(given), _priority(given))
    except ParetocapsError as error:
        again = status_of(error), text_of(error)
        return await run_in_threadpool(_form, request, readers, given, *again)


@router.post("/new/file")
async def submit_file(request: Request, who: Runs, readers: Reading, given: Filled) -> Response:
    """Submit the study of a study file."""
    text = given.get("toml", "").removeprefix("\ufeff")
    try:
        options = study_part(tomllib.loads(text))
    except (ValueError, RecursionError) as error:
        return await run_in_threadpool(_form, request, readers, given, 422, f"it is not valid TOML: {error}")
    try:
        return await submitted(readers, who, options, 0)
    except ParetocapsError as error:
        again = status_of(error), text_of(error)
        return await run_in_threadpool(_form, request, readers, given, *again)


def _form(request: Request, readers: Readers, given: Given, status: int = 200, alert: str = "") -> Response:
    sets = data_sets(readers.settings.folder, readers.settings.data_root)
    data = [Option(f"data:{one.data}", one.data.removeprefix(UPLOAD), _group(one.data)) for one in sets]
    trainer = given.get("trainer", "capsnet")
    spaces = list(TRAINERS.get(trainer).spaces) if trainer in TRAINERS else []
    content: dict[str, Any] = {"view": None, "refused": "", "trials": 0, "epochs": 0}
    try:
        options = {"study": "preview", **options_of(given)}
        refuse_files(options)
        refuse_own_trainer(options)
        spec = resolve_spec({}, options)
        content |= {"view": service.space_of(options), "trials": spec.trials, "epochs": spec.epochs}
    except ParetocapsError as error:
        content["refused"] = "" if alert else str(error)
    return page(
        request,
        "new",
        "New study",
        "New study",
        status,
        groups=groups(given, data, spaces),
        open=OPEN,
        given=given,
        toml=given.get("toml", ""),
        alert=alert,
        **content,
    )


def _group(data: str) -> str:
    return "uploaded" if data.startswith(UPLOAD) else "in the data root"


def _priority(given: Given) -> int:
    text = given.get("priority", "").strip() or "0"
    if not _PRIORITY.fullmatch(text):
        raise UsageError(
            f"priority={text!r:.80} is not allowed: it should be a whole number from -100 to 100"
        )
    return int(text)
