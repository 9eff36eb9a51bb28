"""Where the reading commands read: a database of this machine, or a service (`--server`)."""

from typing import Any, Protocol

import click
from click.core import ParameterSource

from paretocaps import service
from paretocaps.report.front import Front
from paretocaps.service import ChoiceView, Recommendation, SpaceView


class Source(Protocol):
    """The use cases of the reading commands."""

    def studies(self, storage: str, /) -> list[dict[str, Any]]:
        """List the studies."""

    def load_front(self, *asked: Any, **named: Any) -> Front:
        """Return a front."""

    def history(self, *asked: Any, **named: Any) -> list[dict[str, Any]]:
        """Return the progress of a study."""

    def recommend(self, *asked: Any, **named: Any) -> Recommendation:
        """Name one member of a front."""

    def write_report(self, *asked: Any, **named: Any) -> Any:
        """Write the page of a study, and return its path."""

    def choices(self, *asked: Any, **named: Any) -> list[ChoiceView]:
        """List the choices of a trainer."""

    def space(self, *asked: Any, **named: Any) -> SpaceView:
        """Return what a study samples."""


def source() -> Source:
    """Return the use cases of the command that runs: those of this machine, or of its `--server`.

    Raises:
        UsageError: a database is named, too.
    """
    context = click.get_current_context()
    url = context.find_root().params.get("server")
    if url is None:
        return service
    if context.get_parameter_source("storage") is ParameterSource.COMMANDLINE:
        raise click.UsageError(f"--storage and --server {url} each say where to read: give one of them")
    from paretocaps.cli.remote import Remote

    return Remote(url)


def place(storage: str) -> str:
    """Return where the command that runs reads: `storage`, or the URL of its `--server`."""
    url: str | None = click.get_current_context().find_root().params.get("server")
    return storage if url is None else url
