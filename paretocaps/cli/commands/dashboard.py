"""`paretocaps dashboard`."""

from contextlib import ExitStack

import click

from paretocaps.cli.activity import waiting
from paretocaps.cli.options import shared, storage_option
from paretocaps.cli.output import say


@click.command()
@storage_option
@shared("--host", default="127.0.0.1", show_default=True)
@shared("--port", default=8080, show_default=True)
@shared("--all", "", "everything", is_flag=True)
def command(storage: str, host: str, port: int, everything: bool) -> None:
    """Browse the studies in a web browser.

    Each is shown with its front within its bounds.

    This runs optuna-dashboard on the storage. It has no login: anyone who reaches the address can
    read the studies, change notes, attributes and the states of trials in Optuna's tables, and delete
    studies that are Optuna's alone. Ctrl-C ends it.

    \b
    Example:
      paretocaps dashboard --port 8081
    """
    from paretocaps.web.dashboard import serve_dashboard

    with ExitStack() as preparing:
        preparing.enter_context(waiting("preparing the figures"))

        def ready(url: str) -> None:
            preparing.close()
            say(f"dashboard at {url} (Ctrl-C ends it)")

        serve_dashboard(storage, host, port, ready, all=everything)
