"""The stored studies and their fronts."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from paretocaps import service
from paretocaps.web.api.asked import Settings
from paretocaps.web.guard.allowed import allowed

router = APIRouter(prefix="/studies", tags=["studies"], dependencies=[Depends(allowed("read"))])


@router.get("")
def list_studies(settings: Settings) -> list[dict[str, Any]]:
    """List the studies, oldest first."""
    return service.studies(settings.storage)


@router.get("/{study}/front")
def front(
    study: str,
    settings: Settings,
    objectives: str | None = None,
    require: Annotated[list[str] | None, Query()] = None,
    measured_on: str | None = None,
    scale_to: str | None = None,
    everything: Annotated[bool, Query(alias="all")] = False,
) -> dict[str, Any]:
    """Return the trials of a study that no other trial beats, as `paretocaps front --format json` does."""
    view = study, settings.storage, objectives, require, measured_on, scale_to
    return service.load_front(*view, all=everything).as_dict()
