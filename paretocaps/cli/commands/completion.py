"""`paretocaps completion`."""

import click

from paretocaps.cli.shells import SHELLS, script


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Write the script that completes command lines in a shell.

    With it, the Tab key completes commands, options and their values: studies, samplers, designs,
    objectives, data sets, choices and the values of choices.

    \b
    Examples:
      paretocaps completion fish > ~/.config/fish/completions/paretocaps.fish
      eval "$(paretocaps completion bash)"  # in ~/.bashrc
      eval "$(paretocaps completion zsh)"   # in ~/.zshrc, after compinit
    """
    click.echo(script(shell, context.find_root().command), nl=False)
