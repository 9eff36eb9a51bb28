"""What studies are made of: data sets, trainers, objectives, samplers and choices."""

from typing import Any

from fastapi import APIRouter, Depends

from paretocaps import service
from paretocaps.web.guard.allowed import allowed

router = APIRouter(tags=["parts"], dependencies=[Depends(allowed("read"))])


@router.get("/datasets")
def datasets() -> list[dict[str, Any]]:
    """List the data sets known by name."""
    return service.datasets()


@router.get("/trainers")
def trainers() -> list[dict[str, Any]]:
    """List the trainers, with their designs and spaces."""
    return service.trainers()


@router.get("/objectives")
def objectives() -> list[dict[str, Any]]:
    """List the objectives, with direction and unit."""
    return service.objectives()


@router.get("/samplers")
def samplers() -> list[dict[str, Any]]:
    """List the samplers."""
    return service.samplers()


@router.get("/choices")
def choices(
    trainer: str = "capsnet", name: str | None = None, space: str | None = None
) -> list[dict[str, Any]]:
    """List the choices of a trainer: values, default, condition and meaning."""
    return [choice.as_dict() for choice in service.choices(trainer, name, space)]
