"""Who was to change what."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from paretocaps.web.api import models
from paretocaps.web.api.asked import Opened
from paretocaps.web.guard.allowed import allowed

router = APIRouter(prefix="/audit", tags=["operation"], dependencies=[Depends(allowed("admin"))])


@router.get("", response_model=list[models.Audited])
def audited(store: Opened, limit: Annotated[int, Query(ge=1, le=10_000)] = 1000) -> list[dict[str, Any]]:
    """List who was to change what, from where, and what came of it, newest first."""
    return [asdict(entry) for entry in store.audited(limit)]
