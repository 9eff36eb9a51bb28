"""`paretocaps serve`."""

from pathlib import Path

import click

from paretocaps.cli.options import shared
from paretocaps.cli.output import say
from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.errors import UsageError
from paretocaps.extras import require
from paretocaps.service.queueing import DEFAULT_FOLDER
from paretocaps.service.settings import seconds_of
from paretocaps.web.guard.options import AUDIT, RATE, GuardOptions
from paretocaps.web.serve_settings import ServeSettings
from paretocaps.writing import expanded


@click.command()
@shared("--storage", default=DEFAULT_STORAGE, show_default=True)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    default=DEFAULT_FOLDER,
    show_default=True,
    help="Where the service keeps tokens, uploads, exports, trainings and logs.",
)
@click.option(
    "--data-root",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder below which the data of submitted studies lie.  [default: uploads alone]",
)
@shared("--host", default="127.0.0.1", show_default=True)
@shared("--port", default=8000, show_default=True)
@click.option(
    "--parallel",
    metavar="N",
    type=click.IntRange(1),
    help="Submissions that run at once.  [default: one per device]",
)
@click.option(
    "--slice",
    "turn",
    metavar="TIME",
    default="10m",
    show_default=True,
    help="Time after which what runs gives way to what waits with the same or a higher priority.",
)
@click.option(
    "--tokens",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="File of tokens (TOML, 0600), as well as PARETOCAPS_TOKENS; one is needed to listen on --host.",
)
@click.option(
    "--allow-host",
    metavar="NAME",
    multiple=True,
    help="Name by which the service is called, beside localhost and addresses (repeatable).",
)
@click.option(
    "--proxy",
    metavar="ADDRESS",
    multiple=True,
    help="Address or network of a proxy before the service; reading then needs a token, too (repeatable).",
)
@click.option(
    "--rate",
    metavar="N",
    type=click.FloatRange(1),
    default=RATE,
    show_default=True,
    help="Requests per second of one token or address; a tenth of it for those that change something.",
)
@click.option(
    "--audit",
    metavar="N",
    type=click.IntRange(1),
    default=AUDIT,
    show_default=True,
    help="Entries that are kept of who changed what; older ones are removed.",
)
@click.option("--no-supervise", is_flag=True, help="Run no submissions: another service of the storage does.")
def command(
    storage: str,
    folder: Path,
    data_root: Path | None,
    host: str,
    port: int,
    parallel: int | None,
    turn: str,
    tokens: Path | None,
    allow_host: tuple[str, ...],
    proxy: tuple[str, ...],
    rate: float,
    audit: int,
    no_supervise: bool,
) -> None:
    """Serve the studies over HTTP: submit, watch, take the model.

    Ctrl-C ends it and what it runs: all is stored, and the next `paretocaps serve` goes on with it. What runs
    goes on where the service itself is killed.

    \b
    Examples:
      paretocaps serve
      paretocaps serve --port 8001 --data-root /data/images
    """
    folder = expanded(folder)
    data_root, tokens = (None if path is None else expanded(path) for path in (data_root, tokens))
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--folder {folder} is a file: name a folder")
    if data_root is not None and not data_root.is_dir():
        raise UsageError(f"--data-root {data_root} is no folder: make it, or name another one")
    require("serve", "`paretocaps serve`", "fastapi", "uvicorn", "python_multipart", "prometheus_client")
    from paretocaps.web.api.server import serve

    settings = ServeSettings(
        storage=storage,
        folder=folder,
        data_root=data_root,
        host=host,
        port=port,
        guard=GuardOptions(tokens=tokens, allow_hosts=allow_host, proxies=proxy, rate=rate, audit=audit),
        supervise=not no_supervise,
        parallel=parallel,
        slice=seconds_of("slice", turn),
    )
    serve(settings, lambda url: say(f"service at {url} (Ctrl-C ends it)"))
