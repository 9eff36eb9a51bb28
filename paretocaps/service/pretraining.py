"""Trains the backbone from which the networks of a paper's table start, once for the same settings."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from paretocaps.data.catalog import DATASETS
from paretocaps.data.whole_sets import WHOLE_SETS, folder_of_set, named_sub_folder
from paretocaps.domain.families.backbone_linear import BACKBONE_LINEAR
from paretocaps.domain.measurement import Measurement
from paretocaps.domain.paper_table import Pretraining
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.wording import counted
from paretocaps.errors import UsageError
from paretocaps.run_folder import RunFolder
from paretocaps.service.running import Interrupted, stored_settings
from paretocaps.service.train_options import TrainOptions
from paretocaps.service.training import TrainingWatcher, train

if TYPE_CHECKING:
    from paretocaps.domain.job import TrainingJob
    from paretocaps.domain.measurement import EpochRecord
    from paretocaps.search.observer import Observer

_OFTEN = "60s"
"""How often a training that may have to end writes checkpoints."""
_TAKEN = ("backbone", "image_size", "batch_size")
"""The fixed choices of a study that the training of its backbone has, too."""


class LeftOffError(Interrupted):
    """Time was up in the training of a backbone."""


class _Told(TrainingWatcher):
    """Tells the observer of a study about the training that comes before it, and ends it when time is up."""

    def __init__(self, observer: "Observer", deadline: float | None) -> None:
        self._observer, self._deadline = observer, deadline

    @property
    def over(self) -> bool:
        """Whether time is up."""
        return self._deadline is not None and monotonic() >= self._deadline

    def preparing(self, what: str, done: int, total: int) -> None:
        self._observer.preparing(what, done, total)

    def notice(self, message: str) -> None:
        self._observer.notice(message)

    def epoch(self, job: "TrainingJob", record: "EpochRecord") -> None:
        self._observer.notice(f"backbone: epoch {record.epoch} of {job.epochs}, acc {record.acc:.4f}")
        if record.epoch < job.epochs:
            self._end_in_time()

    def progress(self, job: "TrainingJob", what: str, done: int, total: int) -> None:
        self._end_in_time()

    def _end_in_time(self) -> None:
        if self.over:
            raise KeyboardInterrupt  # the training keeps a checkpoint, as where somebody interrupts it


def placed(data: str, dataset: str, beside: str | None = None) -> dict[str, Any]:
    """Return where a data set lies in the folder that was named for the sets of all tables.

    A set that the catalog converts to colour, because some of its images are gray, is converted there, too.

    Args:
        data: the folder.
        dataset: the name of the set in the catalog.
        beside: the set that the study itself is trained on; of two sets, this one has to be in a sub-folder
            of its name.

    Raises:
        UsageError: the folder, or that sub-folder, is missing.
    """
    folder = Path(data).expanduser()
    if not folder.is_dir():
        raise UsageError(f"data folder {data!r} does not exist: name the folder with the data sets")
    channels = DATASETS.get(dataset).channels
    if beside in (None, dataset):
        found = folder_of_set(folder, dataset)
    elif (named := named_sub_folder(folder, dataset)) is not None:
        found = named
    else:
        raise UsageError(
            f"data folder {data!r} has no sub-folder {dataset}, with which the backbone is trained: name a"
            f" folder with {beside} and {dataset}"
        )
    place = {"data": str(found)}
    return place if channels is None else {**place, "channels": channels}


def with_trunk(
    options: Mapping[str, Any],
    pretraining: Pretraining,
    data: str | None,
    observer: "Observer",
    cost: str = "",
    deadline: float | None = None,
    beside: str | None = None,
) -> dict[str, Any]:
    """Return the options of a study whose networks start from a backbone that is trained here first.

    The backbone lies beside the database, in a folder named after it and its settings, as the study is, too.
    A training that was cut off goes on, and one that is finished is not made again. Where the file lies is
    one of the study's fixed choices: a study that is there goes on with the file that it began with.

    Args:
        options: the study's.
        pretraining: how its backbone is trained.
        data: the folder with the data sets; None for those of the hub.
        observer: is told about it.
        cost: what all of it takes, which is told before that training; empty for nothing.
        deadline: until when it may train, on the clock of `time.monotonic`; None for as long as it takes.
        beside: the data set of the study, which lies in that folder, too; None where it may be any.

    Raises:
        UsageError: the data or the file of a study that is there are missing, or an option is not allowed.
        Interrupted: the training was stopped.
        LeftOffError: time is up.
    """
    fix, own = dict(options.get("fix", {})), data is not None and beside in (None, pretraining.dataset)
    settings = backbone_settings(fix, pretraining)
    source: dict[str, Any] = (
        {"dataset": pretraining.dataset} if data is None else placed(data, pretraining.dataset, beside)
    )
    asked = {**pretraining.model_dump(), "settings": settings}
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:8]
    study = f"{options['study']}-{digest}"  # trainings from another backbone are none of it
    folder = trunks_folder(options["storage"]).absolute() / f"{fix['backbone']}-{digest}"
    trunk = _trunk_of(study, options["storage"]) or folder.with_suffix(".safetensors")
    if not trunk.exists():
        if cost:
            observer.notice(cost)
        observer.notice(f"training the backbone {fix['backbone']} first, {pretraining_text(pretraining)}")
        given = TrainOptions(
            settings=settings,
            dataset=source.get("dataset"),
            data=source.get("data"),
            channels=source.get("channels"),
            parts=options.get("parts") if own else None,
            classes_are_folders=options.get("classes_are_folders") if own else None,
            transpose=options.get("transpose") if own else None,
            limit_train=pretraining.limit_train,
            epochs=pretraining.epochs,
            device=options.get("device", "auto"),
            output=str(folder),
            resume=folder.exists(),
            save_trunk=str(trunk),
            checkpoint_every=None if deadline is None else _OFTEN,
        )
        watcher = _Told(observer, deadline)
        try:
            train(given, watcher=watcher)
        except Interrupted:
            if watcher.over:
                raise LeftOffError(_left_off(folder)) from None
            raise
    start = {"checkpoint": str(trunk)}
    return {
        **options,
        "study": study,
        "fix": {**fix, **start},
        "file_fix": {**options["file_fix"], **start},
    }


def _trunk_of(study: str, storage: str) -> Path | None:
    """Return the file that a study's networks start from; None for a study that is not there.

    Raises:
        UsageError: the file has gone, as with a database that was moved.
    """
    stored, _ = stored_settings(StudySpec(study=study, storage=storage))
    if stored is None:
        return None
    trunk = Path(stored["fix"]["checkpoint"])
    if not trunk.exists():
        raise UsageError(
            f"the networks of study {study!r} start from the backbone {str(trunk)!r}, which is not there: put"
            " it there again, run where the study was begun, or give another --storage"
        )
    return trunk


def _left_off(folder: Path) -> str:
    kept = RunFolder(folder).checkpoints
    goes_on = "which goes on from its checkpoint" if kept else "before its first checkpoint: give it longer"
    return f"time is up in the training of the backbone, {goes_on}"


def backbone_settings(fix: Mapping[str, Any], pretraining: Pretraining) -> dict[str, Any]:
    """Return the choices with which the backbone of a study with these fixed choices is trained.

    A linear layer reads it: capsules of many classes learn nothing from so few images.

    Raises:
        UsageError: the study fixes no backbone.
    """
    if "backbone" not in fix:
        raise UsageError(
            'a backbone is trained first, but the study names none: add fix = { backbone = "NAME" }'
        )
    taken = {name: fix[name] for name in _TAKEN if name in fix}
    return {"family": BACKBONE_LINEAR.name, **taken, **pretraining.settings}


def trunks_folder(storage: str) -> Path:
    """Return the folder beside a database for trained backbones: `studies/paretocaps-trunks`."""
    from paretocaps.storage.artifacts import folder_beside

    return folder_beside(storage, "trunks")


def pretraining_text(pretraining: Pretraining, trunk: str | Path | None = None) -> str:
    """Return how a backbone is trained: "for 3 epochs on 5,000 training images of Tiny ImageNet".

    Args:
        pretraining: how.
        trunk: the file that `with_trunk` had it written to; its validation accuracy is said, too, if the
            folder of that training lies there.
    """
    whole = WHOLE_SETS.get(pretraining.dataset)
    images = f"{pretraining.limit_train:,}" if pretraining.limit_train else "the"
    title = whole.title if whole else pretraining.dataset
    epochs = counted(pretraining.epochs, "epoch")
    text = f"with a linear layer, for {epochs} on {images} training images of {title}"
    result = None if trunk is None else RunFolder(Path(trunk).with_suffix("")).recover()
    if not isinstance(result, Measurement):
        return text
    among = f" (of {whole.classes} classes)" if whole else ""
    return f"{text}, to a validation accuracy of {result.acc:.1%}{among}"
