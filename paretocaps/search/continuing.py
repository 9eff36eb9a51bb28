"""Trainings that go on from the checkpoints of another study's shorter ones (`--from STUDY --continue`)."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paretocaps.domain.effect import Facts
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TrainerSpec
from paretocaps.domain.wording import counted
from paretocaps.errors import ParetocapsError, UsageError
from paretocaps.run_folder import RunFolder
from paretocaps.search.identity import data_content, identity
from paretocaps.storage.records import TrialRecord, canonical_json
from paretocaps.storage.store import Store

_NAMED = 3  # trials that cannot be continued, and are named with the reason


@dataclass(frozen=True)
class Continuing:
    """The trainings of another study from which those of a study go on, where they have the same choices.

    Attributes:
        source: the other study.
        epochs: the epochs of its trainings.
        trials: its trials that can be continued: their numbers, by their choices as text.
        folders: the folders of their trainings, by number and seed.
        remarks: what to tell the user.
    """

    source: str = ""
    epochs: int = 0
    trials: Mapping[str, int] = field(default_factory=dict)
    folders: Mapping[tuple[int, int], Path] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def job(self, job: TrainingJob) -> TrainingJob:
        """Return `job` as one that may go on from a shorter training, if there is one of it."""
        if self._folder(job) is None:
            return job
        return job.model_copy(update={"continued_from": self.epochs})

    def begin(self, job: TrainingJob) -> int | None:
        """Copy the checkpoint of the shorter training to the job's folder; return the number of its trial.

        It is None where there is none, or none that can be read: the job then begins with the first epoch.
        """
        folder = self._folder(job)
        with suppress(OSError):
            if folder is not None and RunFolder(job.folder).copy_checkpoint(RunFolder(folder)):
                return self.trials[canonical_json(job.choices)]
        return None

    def _folder(self, job: TrainingJob) -> Path | None:
        number = self.trials.get(canonical_json(job.choices))
        return None if number is None else self.folders.get((number, job.seed))


NOTHING = Continuing()
"""A study that continues no other."""


def find_continuing(store: Store, spec: StudySpec, trainer: TrainerSpec, facts: Facts) -> Continuing:
    """Return the trainings of the study `spec.from_study` from which those of `spec` go on.

    Args:
        store: has the other study.
        spec: the study.
        trainer: its trainer, which knows what can be continued.
        facts: what it found in the study's data.

    Raises:
        UsageError: there is no such study, its trainings are not shorter ones on the same images, it kept no
            checkpoints here, or none of its trainings can go on; the message has the reason.
    """
    if not spec.continues:
        return NOTHING
    if spec.from_study is None:
        raise UsageError("continue: name the study whose trainings are to go on (--from STUDY --continue)")
    wrong = f"study {spec.study!r} cannot continue {spec.from_study!r}"
    record = store.study(spec.from_study)
    then = StudySpec.model_validate(record.spec)
    if why := _unlike(then, spec, record.content):
        raise UsageError(f"{wrong}, {why}")
    kept = _kept(store.trials(then.study))
    if not kept:
        raise UsageError(f"{wrong}, which kept no checkpoints here: run it with --keep-checkpoints")
    reasons = {
        trial.number: trainer.why_not_continued(trial.choices, then.epochs, spec.epochs, facts)
        for trial in kept
    }
    refused = [f"trial {number}: {reason}" for number, reason in reasons.items() if reason]
    if len(refused) == len(kept):
        raise UsageError(f"{wrong}, none of whose trainings begins as a longer one ({refused[0]})")
    going = [trial for trial in kept if not reasons[trial.number]]
    return Continuing(
        source=then.study,
        epochs=then.epochs,
        trials={canonical_json(trial.choices): trial.number for trial in going},
        folders={key: folder for trial in going for key, folder in _folders(trial).items()},
        remarks=tuple(_told(then.study, len(going), refused)),
    )


def settled_continuing(
    store: Store, spec: StudySpec, trainer: TrainerSpec, facts: Facts, *, begun: bool
) -> Continuing:
    """Return what `find_continuing` does; a study that has `begun` goes on without what is gone."""
    try:
        return find_continuing(store, spec, trainer, facts)
    except ParetocapsError as why:
        if not begun:
            raise
        return Continuing(remarks=(f"{why}: further trials begin with the first epoch",))


def _unlike(then: StudySpec, now: StudySpec, content: Mapping[str, Any] | None) -> str:
    """Return why trainings of a study cannot be the beginnings of another one's; empty if they can.

    `content` is that of its folder of images, if it has one.
    """
    if then.trainer != now.trainer:
        return f"whose trainer is {then.trainer!r} and not {now.trainer!r}"
    if then.epochs >= now.epochs:
        return f"whose trainings have {then.epochs} epochs: give more than that (--epochs)"
    if then.ranks != now.ranks:
        return f"which trains on {counted(then.ranks, 'rank')} and not on {now.ranks}"
    was, data = identity(then)["data"], identity(now)["data"]
    moved = None not in (was["path"], data["path"]) and was["path"] != data["path"]
    if moved and content is not None and content == data_content(now):
        data["path"] = was["path"]  # the same files, elsewhere
    differing = [f"{name}={was[name]!r} (now {data[name]!r})" for name in was if was[name] != data[name]]
    return f"which trained on other images: {', '.join(differing)}" if differing else ""


def _kept(trials: list[TrialRecord]) -> list[TrialRecord]:
    return [trial for trial in trials if _folders(trial)]


def _folders(trial: TrialRecord) -> dict[tuple[int, int], Path]:
    """Return the folders of a trial's latest checkpoints on this machine, by its number and seed."""
    return {
        (trial.number, attempt.key.seed): attempt.folder
        for attempt in trial.attempts
        if attempt.folder is not None and RunFolder(attempt.folder).checkpoints
    }


def _told(source: str, going: int, refused: list[str]) -> list[str]:
    go = "goes on from its checkpoint where its" if going == 1 else "go on from their checkpoints where their"
    told = [f"{counted(going, 'trial')} of study {source!r} {go} choices are tried"]
    if refused:
        more = f"; and {len(refused) - _NAMED} more" * (len(refused) > _NAMED)
        told.append(f"trained from the first epoch, if at all: {'; '.join(refused[:_NAMED])}{more}")
    return told
