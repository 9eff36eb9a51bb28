"""What studies are made of: data sets, trainers, objectives, samplers and choices."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from paretocaps import service
from paretocaps.service.study_schema import study_schema
from paretocaps.service.submitted import refuse_files, refuse_own_trainer
from paretocaps.web.api import models
from paretocaps.web.api.asked import WHOLE_TOO, Whole, as_json, in_json, told
from paretocaps.web.guard.allowed import allowed
from paretocaps.web.problems import problems

router = APIRouter(tags=["parts"], dependencies=[Depends(allowed("read"))])


@router.get("/datasets", response_model=list[models.DatasetRow])
def datasets() -> list[dict[str, Any]]:
    """List the data sets known by name."""
    return service.datasets()


@router.get("/trainers", response_model=list[models.TrainerRow])
def trainers() -> list[dict[str, Any]]:
    """List the trainers, with their designs and spaces."""
    return service.trainers()


@router.get("/objectives", response_model=list[models.ObjectiveRow])
def objectives() -> list[dict[str, Any]]:
    """List the objectives, with direction and unit."""
    return service.objectives()


@router.get("/samplers", response_model=list[models.SamplerRow])
def samplers() -> list[dict[str, Any]]:
    """List the samplers."""
    return service.samplers()


@router.get("/choices", response_model=list[models.Choice], responses={**WHOLE_TOO, **problems(422)})
def choices(
    whole: Whole,
    trainer: Annotated[str, Query(description="name of the trainer")] = "capsnet",
    name: Annotated[str | None, Query(description="one choice alone")] = None,
    space: Annotated[str | None, Query(description="one of the trainer's spaces")] = None,
) -> Response:
    """List the choices of a trainer: values, default, condition and meaning."""
    refuse_own_trainer({"trainer": trainer})
    return in_json(as_json(told(service.choices(trainer, name, space), whole)), whole)


@router.get("/schema")
def schema() -> dict[str, Any]:
    """Return the JSON Schema of the options that a submitted study may have."""
    return study_schema()


@router.post("/space", response_model=models.Space, responses={**WHOLE_TOO, **problems(422)})
def space(options: dict[str, Any], whole: Whole) -> Response:
    """Return what a new study with these options of a study file would sample."""
    refuse_files(options)
    refuse_own_trainer(options)
    return in_json(as_json(told(service.space_of(options), whole)), whole)
