"""The command line: `paretocaps ...`, or `python -m paretocaps ...`."""

import sys


def main() -> None:
    """Run the command named in `sys.argv` and exit with its code."""
    from paretocaps.cli.app import app
    from paretocaps.execution.thread_waiting import wait_briefly

    wait_briefly()
    app.main(prog_name="paretocaps")


if __name__ == "__main__":
    if not sys.flags.safe_path:
        del sys.path[0]  # nothing in the working directory stands in for a module or an installed package
    main()
