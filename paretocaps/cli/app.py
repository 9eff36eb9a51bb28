"""The command `paretocaps`: its commands, each imported only when it is run, and how it ends."""

import importlib
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NoReturn

import click
from click.shell_completion import CompletionItem

from paretocaps.cli import ending, shells
from paretocaps.errors import did_you_mean
from paretocaps.renamed import with_new_flags

SECTIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "Search": {
            "optimize": "Search training choices and keep the front.",
            "recommend": "Name one member of the front, with reasons.",
            "confirm": "Train further seeds where they decide who is on the front.",
            "front": "Show the trials of a study that no other trial beats.",
            "report": "Write a study's figures and tables as one page.",
            "reproduce": "Make a table of a paper again, beside its published figures.",
            "dashboard": "Browse the studies in a web browser.",
            "serve": "Serve the studies over HTTP: submit, watch, take the model.",
        },
        "Use a network": {
            "train": "Train one set of choices fully, with checkpoints.",
            "evaluate": "Evaluate a network on test images: accuracy, robustness, pictures.",
            "export": "Write a trained network as safetensors, JSON and ONNX.",
            "predict": "Classify image files with an exported network.",
        },
        "Before training": {
            "describe": "Show the network that choices build: parameters, multiply-adds, memory.",
            "plan": "Show a schedule: learning rate and batch size, epoch by epoch.",
            "lr-range": "Find the learning rates worth searching, by a range test.",
            "bench": "Time training steps on this machine.",
        },
        "Studies": {
            "studies": "List the studies of a storage: state, trials, front, size.",
            "compare": "Compare the fronts of studies, in one table and one picture.",
            "rename": "Give a study another name.",
            "copy": "Copy a study under another name, such as to go on from it in two ways.",
            "delete": "Delete a study with its trials and its files.",
        },
        "Information": {
            "trainers": "List the trainers, with their designs and spaces.",
            "choices": "List the choices: values, default, condition and meaning.",
            "space": "Show what a study samples, and how many points that is.",
            "objectives": "List the objectives, with direction and unit.",
            "samplers": "List the samplers.",
            "specs": "List the study files that come with the package, or show one.",
            "datasets": "List the data sets known by name.",
            "doctor": "Check this machine: packages, devices, storage.",
            "completion": "Write the script that completes command lines in a shell.",
        },
    }
)
"""Every command with its one-line help, in the order of `paretocaps --help`."""
READING = ("studies", "front", "recommend", "report", "choices", "space")
"""The commands that can read from a service."""


class App(click.Group):
    """A group that knows its commands by name and imports one only when it is needed.

    The command called `x-y` is the attribute `command` of `paretocaps.cli.commands.x_y`.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names, in the order of the help page."""
        return [name for section in SECTIONS.values() for name in section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command called `cmd_name`, or None where there is none."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"paretocaps.cli.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        if not any(option.name == "debug" for option in command.params):
            command.params.append(debug_option())
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that `args` start with; the error for an unknown one suggests the nearest.

        Old flags among `args` are replaced, each with a note on stderr.
        """
        name, known = args[0], self.list_commands(ctx)
        if name not in known and not name.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"no command {name!r}{did_you_mean(name, known)}")
        found, command, rest = super().resolve_command(ctx, args)
        rest, notes = with_new_flags(name, rest)
        for line in notes if not ctx.resilient_parsing else ():
            ending.tell(line)
        return found, command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands under their sections, without importing any."""
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(list(commands.items()), col_max=12)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command's name, without importing any."""
        commands = [
            CompletionItem(name, help=line)
            for section in SECTIONS.values()
            for name, line in section.items()
            if name.startswith(incomplete)
        ]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; where its pipe is closed it ends in silence (click would exit with 1)."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise ending.ReaderGone from None

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run a command line and exit with its code, whatever it raises."""
        arguments = list(sys.argv[1:] if args is None else args)
        extra["standalone_mode"] = False
        shells.register()
        sys.exit(ending.run(lambda: super(App, self).main(arguments, prog_name or "paretocaps", **extra)))


def debug_option() -> click.Option:
    """Return the option `--debug`, which the group and every command take."""
    return click.Option(
        ["--debug"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=lambda _context, _option, value: ending.show_tracebacks() if value else None,
        help="Show tracebacks of errors (or set PARETOCAPS_DEBUG).",
    )


@click.group(
    "paretocaps",
    cls=App,
    params=[
        debug_option(),
        click.Option(
            ["--server"],
            metavar="URL",
            help=f"Read from this service (`paretocaps serve`): {', '.join(READING)}.",
        ),
    ],
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nShell completion in bash (others: paretocaps completion --help):\n"
    '  eval "$(paretocaps completion bash)"',
)
@click.version_option(package_name="paretocaps", message="%(prog)s %(version)s")
@click.pass_context
def app(context: click.Context, server: str | None) -> None:
    """Choose how to train a capsule network.

    A study trains many sets of choices and keeps the front: those that no other beats in
    accuracy, training time and size. Start with:

    \b
      paretocaps optimize --study demo
      paretocaps front demo
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(2)
    if server is not None and context.invoked_subcommand not in READING:
        raise click.UsageError(
            f"{context.invoked_subcommand} works on this machine: leave out --server {server}"
            f" (it is for {', '.join(READING)})"
        )
