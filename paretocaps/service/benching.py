"""Times training steps on this machine."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocaps.domain.choices import Choices
from paretocaps.domain.choices_model import parse_value, without_meaningless
from paretocaps.domain.progress import OnProgress, unheard
from paretocaps.domain.study_file import read_study_file, resolve_spec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import UnknownNameError, UsageError, why_not_written
from paretocaps.service.preview import image_size, read_choices
from paretocaps.service.settings import parse_settings
from paretocaps.writing import expanded, refuse_unwritable, whole_file

if TYPE_CHECKING:
    from paretocaps.bench.benchmark import Case

YARDSTICKS = ("textbook", "baseline")
BATCHES = (128, 16, 1)
_SCHEDULE = {"batch_schedule", "first_batch", "first_epochs", "phase_epochs", "adabatch_p", "growth"}
_EVERYTHING = ((None, "textbook"), ("ws", "baseline"))


@dataclass(frozen=True)
class BenchOptions:
    """The options of `paretocaps bench`.

    Attributes:
        settings, design: the choices, in the form that `describe` reads.
        image, classes: the size and the number of classes of the random images to train on.
        images: images per epoch.
        batches, precisions: the batch sizes and precisions to time.
        device: "auto", "cpu", "cuda" or "cuda:N".
        steps: timed repetitions per case, each of one step on a CPU and of some dozens on a GPU.
        against: the yardstick to time alternately, for the ratio: "textbook" is a plain float32 network,
            "baseline" the papers' baseline with the code of this package.
        published: a study file with the seconds per epoch that a paper publishes by batch size. Its fixed
            choices are timed where the design and the settings leave them open and their network has them,
            and rows get the published seconds; None for none.
    """

    settings: Sequence[str] = ()
    design: str | None = None
    image: str = "28x28x1"
    classes: int = 10
    images: int = 60_000
    batches: Sequence[int] = BATCHES
    precisions: Sequence[str] = ("auto",)
    device: str = "auto"
    steps: int = 10
    against: str | None = None
    published: str | None = None


def bench(
    options: BenchOptions, everything: bool = False, on_progress: OnProgress = unheard
) -> list[dict[str, Any]]:
    """Return one row per batch size and precision: seconds per step and epoch, images per second, and so on.

    Args:
        options: the choices to time, and how to time them.
        everything: time the networks of the published figures instead: in both precisions, the baseline
            against the plain network, and weight sharing with the reduced decoder against the baseline.
        on_progress: receives how many cases are timed.

    With `options.published`, a row also has `published_epoch_s`, `relative_epoch` and
    `published_relative_epoch`: seconds per epoch as published, and both relative to those of the largest
    batch size that is published, because seconds of different devices do not compare.

    Raises:
        UsageError: a choice, a size, the device or the yardstick is not allowed, or the study file has no
            seconds by batch size.
    """
    from paretocaps.bench.benchmark import benchmark
    from paretocaps.execution.devices import devices

    _check(options)
    _refuse_contradictions(options, everything)
    sweep = published_sweep(options.published) if options.published else None
    fixed = sweep.fix if sweep else {}
    device = devices(options.device)[0]
    comparisons = _EVERYTHING if everything else ((options.design, options.against),)
    names = ("auto", "fp32") if everything else options.precisions
    rows: list[dict[str, Any]] = []
    asked = []
    for design, against in comparisons:
        for batch in options.batches:
            done = set()
            for precision in dict.fromkeys(names):
                if precision in done:
                    continue  # "auto" came to it
                cases = len(comparisons) * len(options.batches) * len(set(names))
                on_progress("timing steps", len(rows), cases)
                case = _case(options, fixed, options.settings, design, batch, precision)
                other = None
                if against == "baseline":
                    theirs = options.settings if everything else ()
                    other = _case(options, fixed, theirs, None, batch, precision)
                row = benchmark(case, device, options.steps, against, other)
                done.add(row.precision)
                rows.append({"design": design, **asdict(row)})
                asked.append((design, precision))
    return _beside(rows, asked, sweep.seconds) if sweep else rows


@dataclass(frozen=True)
class PublishedSweep:
    """The seconds per epoch that a paper publishes by batch size.

    Attributes:
        seconds: the seconds by batch size.
        fix: the fixed choices of the study file.
        source: the paper and its device.
    """

    seconds: Mapping[int, float]
    fix: Mapping[str, Any]
    source: str


def published_sweep(path: str) -> PublishedSweep:
    """Return the seconds by batch size of a study file.

    Raises:
        UsageError: the file cannot be read or has none.
    """
    spec = resolve_spec({}, read_study_file(path))
    if spec.published is None or not spec.published.batch_seconds:
        raise UsageError(
            f"study file {path!r} has no seconds by batch size: name one with [published.batch_seconds], such"
            " as paretocaps:fastrcaps_mnist"
        )
    source = f"{' '.join(spec.published.source.split())}; device: {spec.published.device}"
    return PublishedSweep(spec.published.batch_seconds, spec.fix, source)


def _beside(
    rows: Sequence[Mapping[str, Any]], asked: Sequence[tuple[str | None, str]], seconds: Mapping[int, float]
) -> list[dict[str, Any]]:
    """Return the rows with published seconds, and both relative to the largest published batch size.

    Args:
        rows: the measured rows.
        asked: the design and the precision that were asked for, of each row; a precision such as "auto" may
            be realised in another way for each batch size.
        seconds: the published seconds per epoch by batch size.
    """
    largest = max(seconds)
    full = {key: row["epoch_s"] for key, row in zip(asked, rows, strict=True) if row["batch"] == largest}
    found = []
    for key, row in zip(asked, rows, strict=True):
        own, theirs = full.get(key), seconds.get(row["batch"])
        found.append(
            {
                **row,
                "published_epoch_s": theirs,
                "relative_epoch": None if own is None else row["epoch_s"] / own,
                "published_relative_epoch": None if theirs is None else theirs / seconds[largest],
            }
        )
    return found


def check_output(path: str, example: str = "page.html") -> Path:
    """Return `path` if a file can be written there; make its folder, and keep an existing file.

    Args:
        path: the file.
        example: a file name for the error message.

    Raises:
        UsageError: no file can be written there.
    """
    target = expanded(path)
    if not path or target.is_dir():
        raise UsageError(f"output={path!r} is not a file name: give one, such as {example}")
    try:
        refuse_unwritable(target)
    except OSError as error:
        why = why_not_written(error, "name another file")
        raise UsageError(f"output={path!r} cannot be written: {why}") from None
    return target


def keep_bench(path: str, rows: Sequence[Mapping[str, Any]], options: BenchOptions) -> Path:
    """Write the rows, their options and their environment (device, torch, date, load) as JSON.

    Raises:
        UsageError: the file cannot be written.
    """
    from paretocaps.bench.benchmark import environment
    from paretocaps.execution.devices import devices

    kept = {
        **environment(devices(options.device)[0]),
        "options": asdict(options),
        "rows": [dict(row) for row in rows],
    }
    target = check_output(path, example="bench.json")
    try:
        with whole_file(target) as stream:
            stream.write((json.dumps(kept, indent=2) + "\n").encode())
    except OSError as error:
        why = why_not_written(error, "name another file")
        raise UsageError(f"output={path!r} cannot be written: {why}") from None
    return target


def _case(
    options: BenchOptions,
    fixed: Mapping[str, Any],
    settings: Sequence[str],
    design: str | None,
    batch: int,
    precision: str,
) -> "Case":
    from paretocaps.bench.benchmark import Case

    choices, _ = read_choices((*_supplements(fixed, settings, design), *settings), design, "capsnet")
    timed = choices.model_copy(update={"batch_size": batch, "precision": precision})
    return Case(timed, image_size(options.image), options.classes, options.images)


def _supplements(fixed: Mapping[str, Any], settings: Sequence[str], design: str | None) -> list[str]:
    """Return the fixed choices that the design and the settings leave open and that their network has."""
    trainer = TRAINERS.get("capsnet")
    own = {**trainer.designs.get(design or "", {}), **parse_settings(settings)}
    meant = without_meaningless(trainer.choices, trainer.parse_fix({**fixed, **own}))
    return [f"{name}={value}" for name, value in fixed.items() if name in meant and name not in own]


def _refuse_contradictions(options: BenchOptions, everything: bool) -> None:
    named = {setting.partition("=")[0].strip() for setting in options.settings}
    elsewhere = {"batch_size": "--batch", "precision": "--precision"}
    for name in sorted(named & set(elsewhere)):
        raise UsageError(f"--set does not take {name} here: give {elsewhere[name]}")
    for name in sorted(named & _SCHEDULE):
        raise UsageError(f"{name} does not change a step: leave it out, and give --batch for the batch size")
    chosen = [options.design, options.against, *(p for p in options.precisions if p != "auto")]
    if everything and any([*chosen, options.published]):
        raise UsageError(
            "--everything has its own designs, precisions and yardsticks: leave out --design, --precision,"
            " --against and --published"
        )


def _check(options: BenchOptions) -> None:
    if options.against is not None and options.against not in YARDSTICKS:
        raise UnknownNameError("yardstick", options.against, YARDSTICKS)
    counts = {"batch": options.batches, "steps": [options.steps], "images": [options.images]}
    for name, numbers in counts.items():
        for number in numbers:
            if number < 1:
                raise UsageError(f"{name}={number} is not allowed: it should be 1 or more")
    for precision in options.precisions:
        parse_value(Choices, "precision", precision)
