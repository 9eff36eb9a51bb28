"""The command line: `paretocaps ...`, or `python -m paretocaps ...`."""

import os


def main() -> None:
    """Run the command named in `sys.argv` and exit with its code."""
    # read when torch loads: threads that spin while they wait make a step ten times slower, and its
    # time worthless, as soon as anything else runs on the machine
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from paretocaps.cli.app import app

    app.main(prog_name="paretocaps")


if __name__ == "__main__":
    main()
