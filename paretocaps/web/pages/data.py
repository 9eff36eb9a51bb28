"""The page of the named sets of images, and the form that uploads one."""

from collections.abc import Mapping

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from paretocaps.errors import ParetocapsError
from paretocaps.service.uploading import data_sets
from paretocaps.web.guard.allowed import Runs, allowed
from paretocaps.web.owned import remove_own_upload
from paretocaps.web.pages.answers import PageRoute, Readers, Reading, page
from paretocaps.web.pages.buttons import shown
from paretocaps.web.problems import status_of, text_of
from paretocaps.web.received import received_set

router = APIRouter(route_class=PageRoute, include_in_schema=False)
_FIELDS = ("name", "channels", "parts", "corrupt")


@router.get("/data", dependencies=[Depends(allowed("read"))])
def show(request: Request, readers: Reading) -> Response:
    """Show the uploads and the folders of the data root."""
    return _page(request, readers)


@router.post("/data")
async def upload(request: Request, who: Runs, readers: Reading) -> Response:
    """Upload a set of images, or show the page with why it was refused, and with what was typed."""
    typed: dict[str, str] = {}
    try:
        await received_set(request, readers.settings, who.name, typed)
    except ParetocapsError as error:
        return await run_in_threadpool(_page, request, readers, status_of(error), text_of(error), typed)
    return shown("data")


@router.post("/data/{name}/remove")
def remove(name: str, who: Runs, readers: Reading) -> Response:
    """Remove an upload."""
    remove_own_upload(readers.settings.folder, name, who, readers.store)
    return shown("data")


def _page(
    request: Request,
    readers: Readers,
    status: int = 200,
    alert: str = "",
    typed: Mapping[str, str] | None = None,
) -> Response:
    fields = {name: (typed or {}).get(name, "") for name in _FIELDS}
    sets = data_sets(readers.settings.folder, readers.settings.data_root)
    return page(request, "data", "Data", "Data", status, sets=sets, alert=alert, typed=fields)
