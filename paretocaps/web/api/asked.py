"""What routes ask an application and a request for."""

from typing import Annotated, cast

from fastapi import Depends, Request

from paretocaps.web.serve_settings import ServeSettings


def settings_of(request: Request) -> ServeSettings:
    """Return the settings of the service that answers a request."""
    return cast(ServeSettings, request.app.state.settings)


Settings = Annotated[ServeSettings, Depends(settings_of)]
