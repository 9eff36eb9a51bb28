"""The commands that go on from a study, to be pasted into a shell."""

import shlex

from paretocaps.cli.output import say
from paretocaps.domain.front_record import FrontRecord
from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.masking import masked
from paretocaps.report.reproducing import training_command


def next_commands(study: str, storage: str, device: str | None = None) -> list[str]:
    """Return the commands that show more of a study, each with what it does; `device` is the front's own."""
    own = "" if device is None else f" --measured-on {shlex.quote(device)}"
    commands = {
        _command("front", study, f"{_where(storage)}{own} --all"): "the whole front, without bounds",
        _command("report", study, f"{_where(storage)}{own}"): "figures and tables as a page",
        f"paretocaps dashboard{_where(storage)}": "every trial, in a browser",
    }
    width = max(map(len, commands))
    return [f"{command:<{width}}  # {what}" for command, what in commands.items()]


def report_command(study: str, storage: str) -> str:
    """Return the command that writes a study's page; `storage` may be the URL of a service."""
    if _is_service(storage):
        return _command(f"--server {shlex.quote(masked(storage))} report", study, "")
    return _command("report", study, _where(storage))


def confirm_command(study: str, storage: str) -> str:
    """Return the command that trains further seeds of a study's front; none for the URL of a service."""
    return "" if _is_service(storage) else _command("confirm", study, _where(storage))


def say_training(front: FrontRecord, trial: int, storage: str) -> None:
    """Write to stderr what trains a trial of a front fully, unless a loop of one's own or a service does."""
    if _is_service(storage):
        return
    if command := training_command(front.study, trial, storage, front.trainer):
        say("")
        say(f"{command}  # train it fully")


def _command(name: str, study: str, options: str) -> str:
    # a name that begins with "-" must follow `--`, which ends the options
    if study[:1] == "-":
        return f"paretocaps {name}{options} -- {shlex.quote(study)}"
    return f"paretocaps {name} {shlex.quote(study)}{options}"


def _is_service(storage: str) -> bool:
    return storage.lower().startswith(("http://", "https://"))


def _where(storage: str) -> str:
    return "" if storage == DEFAULT_STORAGE else f" --storage {shlex.quote(masked(storage))}"
