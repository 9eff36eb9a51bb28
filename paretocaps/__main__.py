"""The command line: `paretocaps ...`, or `python -m paretocaps ...`."""

import os
import signal
import sys


def main() -> None:
    """Run the command named in `sys.argv` and exit with its code."""
    from paretocaps.cli.app import app
    from paretocaps.cli.ending import INTERRUPTED
    from paretocaps.execution.thread_waiting import wait_briefly

    wait_briefly()
    try:
        app.main(prog_name="paretocaps")
    except SystemExit as ended:
        if ended.code == INTERRUPTED:  # the interpreter takes a while to end; a second Ctrl-C does not wait
            signal.signal(signal.SIGINT, lambda number, frame: os._exit(INTERRUPTED))
        raise


if __name__ == "__main__":
    if not sys.flags.safe_path:
        del sys.path[0]  # nothing in the working directory stands in for a module or an installed package
    main()
