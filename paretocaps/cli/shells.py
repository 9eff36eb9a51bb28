"""The scripts by which shells complete command lines, and how they ask for what they offer."""

import os
from collections.abc import Mapping

from click import Command
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

PROGRAM = "paretocaps"
VARIABLE = "_PARETOCAPS_COMPLETE"

_BASH = """\
%(complete_func)s() {
    local type value
    while IFS=',' read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            open) compopt -o nospace; COMPREPLY+=("$value") ;;
            plain)
                # what has a space or a sign of the shell in it, such as a study's name, is one word
                [[ $value == *[!A-Za-z0-9_.,:=/@%%+-]* ]] && printf -v value %%q "$value"
                COMPREPLY+=("$value") ;;
        esac
    done < <(COMP_LINE="$COMP_LINE" COMP_POINT=$COMP_POINT COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class Bash(BashComplete):
    """Completes words that have `=` or `:` in them, such as `decoder=full`.

    Bash ends a word there and replaces only what follows, so what stands before it is left out of the answer;
    after `decoder=` no space is written, because a value follows.
    """

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the one that is not complete."""
        line = os.environ["COMP_LINE"][: int(os.environ["COMP_POINT"])]
        words = split_arg_string(line)
        return (words[1:], "") if line[-1:].isspace() else (words[1:-1], words[-1])

    def complete(self) -> str:
        """Return a line per value: its kind and what is to be written in the place of the last part."""
        words, word = self.get_completion_args()
        option = word[: word.index("=") + 1] if word.startswith("-") and "=" in word else ""
        breaks = set(os.environ.get("COMP_WORDBREAKS", "=:")) & set("=:")
        kept = max((word.rfind(sign) + 1 for sign in breaks), default=0)
        return "\n".join(
            self.format_completion(CompletionItem((option + item.value)[kept:], item.type))
            for item in self.get_completions(words, word)
        )

    def format_completion(self, item: "CompletionItem[str]") -> str:
        """Return a line for the script."""
        is_open = item.type == "plain" and item.value.endswith("=")
        return f"{'open' if is_open else item.type},{item.value}"


class Fish(FishComplete):
    """Click's completion for fish, whose script takes a value with a comma for several parts."""

    source_template = FishComplete.source_template.replace('string split ","', 'string split -m1 ","')


SHELLS: Mapping[str, type[ShellComplete]] = {"bash": Bash, "zsh": ZshComplete, "fish": Fish}


def register() -> None:
    """Have click answer bash and fish as this module does."""
    add_completion_class(Bash)
    add_completion_class(Fish)


def script(shell: str, app: Command) -> str:
    """Return the script that a shell has to run to complete the command lines of `app`."""
    return SHELLS[shell](app, {}, PROGRAM, VARIABLE).source()
