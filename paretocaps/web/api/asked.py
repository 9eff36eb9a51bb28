"""What routes ask an application and a request for."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, cast

from fastapi import Depends, Query, Request, Response

from paretocaps.service.portable import WHOLE, dumped
from paretocaps.storage.store import Store
from paretocaps.web.answers import Answers
from paretocaps.web.serve_settings import ServeSettings


def settings_of(request: Request) -> ServeSettings:
    """Return the settings of the service that answers a request."""
    return cast(ServeSettings, request.app.state.settings)


def answers_of(request: Request) -> Answers:
    """Return the kept answers of the service that answers a request."""
    return cast(Answers, request.app.state.answers)


def store_of(request: Request) -> Store:
    """Return the open database of the service that answers a request."""
    return cast(Store, request.app.state.store)


Settings = Annotated[ServeSettings, Depends(settings_of)]
Kept = Annotated[Answers, Depends(answers_of)]
Opened = Annotated[Store, Depends(store_of)]


@dataclass(frozen=True)
class View:
    """Which front of a study is asked for, by the options of `paretocaps front`."""

    objectives: str | None
    require: tuple[str, ...] | None
    measured_on: str | None
    scale_to: str | None
    all: bool

    @property
    def given(self) -> dict[str, Any]:
        """The keyword arguments of the use cases."""
        return {**self.__dict__}


def view_of(
    objectives: Annotated[str | None, Query(description="two or more objectives: acc,time,params")] = None,
    require: Annotated[list[str] | None, Query(description="bounds that trials must keep: acc>=0.98")] = None,
    measured_on: Annotated[str | None, Query(description="keep the trials of this device alone")] = None,
    scale_to: Annotated[str | None, Query(description="scale the times of all devices to this one")] = None,
    everything: Annotated[bool, Query(alias="all", description="lift all bounds")] = False,
) -> View:
    """Return the front that a request asks for."""
    return View(objectives, None if require is None else tuple(require), measured_on, scale_to, everything)


Asked = Annotated[View, Depends(view_of)]


def asks_whole(request: Request) -> bool:
    """Return whether a request asks for an answer in the form in which `paretocaps --server` reads it."""
    return WHOLE in request.headers.get("accept", "")


Whole = Annotated[bool, Depends(asks_whole)]
WHOLE_TOO: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {WHOLE: {"schema": {"description": "the same, whole, as `paretocaps --server` reads it"}}}
    }
}
"""The documentation of an answer that can be had in that form, too."""


def as_json(value: Any) -> bytes:
    """Return a value as JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str).encode()


class Told(Protocol):
    """What a use case returns that has a JSON form."""

    def as_dict(self) -> dict[str, Any]:
        """Return it as in the JSON of the command line."""


def told(found: Told | Sequence[Told], whole: bool) -> Any:
    """Return what a use case found in types that JSON has: as the command line writes it, or whole."""
    if whole:
        return dumped(found)
    return [one.as_dict() for one in found] if isinstance(found, Sequence) else found.as_dict()


def in_json(content: bytes, whole: bool = False) -> Response:
    """Return JSON as an answer."""
    return Response(content, media_type=WHOLE if whole else "application/json", headers={"Vary": "Accept"})
