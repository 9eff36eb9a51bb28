"""The named sets of images that submitted studies are trained on."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from paretocaps.service.uploading import UPLOAD, data_sets, find_upload
from paretocaps.web.api import models
from paretocaps.web.api.asked import Opened, Settings
from paretocaps.web.guard.allowed import Runs, allowed
from paretocaps.web.owned import remove_own_upload
from paretocaps.web.problems import problems
from paretocaps.web.received import received_set

router = APIRouter(prefix="/data", tags=["data"])

_READING: dict[str, dict[str, Any]] = {
    "corrupt": {"enum": ["refuse", "skip"], "description": "what is done with images that cannot be read"},
    "channels": {"enum": ["1", "3"], "description": "make all images gray (1) or coloured (3)"},
    "parts": {"type": "string", "description": "the folders of the parts: train=A,test=B"},
    "classes_are_folders": {"enum": ["true", "false"], "description": "whether all folders are classes"},
    "transpose": {"enum": ["true", "false"], "description": "whether rows and columns are exchanged"},
}
_NAME = {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$", "description": "the name of the set"}
_FILE = {"type": "string", "format": "binary", "description": "a zip or tar archive, or a parquet file"}


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


_BODY: dict[str, Any] = {
    "parameters": [_parameter(name, schema) for name, schema in {"name": _NAME, **_READING}.items()],
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": _FILE},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["name", "file"],
                    "properties": {"name": _NAME, "file": _FILE, **_READING},
                }
            },
        },
    },
}


@router.get("", dependencies=[Depends(allowed("read"))])
def sets(settings: Settings) -> list[models.DataSet]:
    """List the uploads, and then the folders of the data root."""
    return [models.DataSet(**asdict(one)) for one in data_sets(settings.folder, settings.data_root)]


@router.post("", status_code=201, openapi_extra=_BODY, responses=problems(409, 413, 422))
async def upload(request: Request, response: Response, who: Runs, settings: Settings) -> models.DataSet:
    """Upload a set of images, which is unpacked, checked as `--data` is, and kept under its name.

    It is a form, or the file itself with the name and the options in the address.
    """
    found = await received_set(request, settings, who.name)
    response.headers["Location"] = f"/api/v1/data/{found.data.removeprefix(UPLOAD)}"
    return models.DataSet(**asdict(found))


@router.get("/{name}", dependencies=[Depends(allowed("read"))], responses=problems(404))
def one_set(name: str, settings: Settings) -> models.DataSet:
    """Return an upload."""
    return models.DataSet(**asdict(find_upload(settings.folder, name)))


@router.delete("/{name}", status_code=204, responses=problems(403, 404, 409))
def remove(name: str, who: Runs, settings: Settings, store: Opened) -> None:
    """Remove an upload: one's own, or any with an admin's token. Studies keep what was trained on it."""
    remove_own_upload(settings.folder, name, who, store)
