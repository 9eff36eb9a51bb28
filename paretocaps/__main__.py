"""The command line: `paretocaps ...`, or `python -m paretocaps ...`."""


def main() -> None:
    """Run the command named in `sys.argv` and exit with its code."""
    from paretocaps.cli.app import app
    from paretocaps.execution.thread_waiting import wait_briefly

    wait_briefly()
    app.main(prog_name="paretocaps")


if __name__ == "__main__":
    main()
