"""Writes trainings that were made outside a study as a page."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from paretocaps.domain.beside_baseline import Baseline
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.measurement import Measurement
from paretocaps.errors import DataError
from paretocaps.run_folder import RunFolder

if TYPE_CHECKING:
    from paretocaps.report.run_page import Run


def write_run_report(folders: Sequence[str], output: str | None = None, *, standalone: bool = True) -> Path:
    """Write a training as one HTML page, or several beside each other; return its path.

    Args:
        folders: folders of `paretocaps train`; one or more.
        output: the page; by default reports/RUN.html, with the names of all folders.
        standalone: whether plotly.js is in the page, or a file beside it.

    Raises:
        DataError: a folder has no finished training.
        UsageError: the page cannot be written.
    """
    from paretocaps.report.run_page import write_runs
    from paretocaps.storage.artifacts import safe_name

    runs = [_run(Path(folder)) for folder in folders]
    name = safe_name("-and-".join(run.name for run in runs))
    return write_runs(output or Path("reports") / f"{name}.html", runs, standalone=standalone)


def _run(folder: Path) -> "Run":
    from paretocaps.report.policies import policy_curve
    from paretocaps.report.reproducing import reproducing_command
    from paretocaps.report.run_page import Run

    found, job = RunFolder(folder).recover(), RunFolder(folder).job()
    if job is None or not isinstance(found, Measurement):
        raise DataError(
            f"there is no finished training in {str(folder)!r}: name a folder of `paretocaps train`"
        )
    trial = FrontMember(job.trial, job.choices, {}, folder.name)
    data = job.data.model_dump(exclude_none=True)
    settings = {"trainer": job.trainer, "epochs": job.epochs, "ranks": job.ranks, **data}
    settings |= {"dataset": job.data.name, "data": job.data.path}
    if job.data.limit_train is not None:  # as `limit_validation` is given, not as a job has it
        kept = job.data.limit_validation
        settings["limit_validation"] = "all" if kept is None else None if kept == "proportional" else kept
    facts = {
        "data": str(job.data),
        "seed": str(job.seed),
        "device": found.device.name,
        "torch": found.device.torch or "not recorded",
        "steps computed by": " | ".join(dict.fromkeys(map(str, found.tunings.values()))) or "not recorded",
    }
    differing = Baseline.of(job.trainer, {}).differences(job.choices)
    plan = policy_curve(trial, [found.epochs], job.trainer, job.epochs) if found.epochs else None
    return Run(
        folder.resolve().name,
        job.choices,
        found,
        facts,
        plan,
        reproducing_command(trial, settings, differing, job.seed),
    )
