"""What to train, on which images, and where to write it, as the command line gives it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paretocaps.domain.job import DataSpec
from paretocaps.domain.kept_validation import kept_validation, parse_kept
from paretocaps.domain.layout import Layout, Parts
from paretocaps.errors import UsageError
from paretocaps.run_folder import RunFolder
from paretocaps.service.picking import PickedTrial
from paretocaps.service.settings import data_spec, given_options, images_with


@dataclass(frozen=True)
class TrainOptions:
    """What to train, on which images, and where to write it.

    An option that is None is taken from the trial, if one is picked, or has the default named last.

    Attributes:
        settings: choices as "name=value", or in a mapping; they override those of a trial or a design.
        design: the design to start from; it cannot be given with a trial.
        trainer: name of the trainer; the study's, or capsnet.
        dataset, data: a data set of the catalog, or a local folder; the study's, or digits.
        limit_validation: validation images to keep, or "all"; without it the study's, where its images are
            used with its own `limit_train`, or else the same share as `limit_train` keeps.
        limit_train, corrupt, channels, parts, classes_are_folders, transpose, pairs: options of the images
            (see `DataSpec`); the study's, if its images are used.
        epochs: epochs to train; the study's, or 30.
        seed: the seed; the trial's, or 0.
        device: "auto", "cpu", "cuda" or "cuda:N".
        ranks: processes that train together; as many as torchrun started, or as the choices say, or 1.
        output: the run's folder; runs/STUDY-trial-N, or runs/DESIGN, or runs/TRAINER.
        checkpoint_every: seconds of an epoch, or text such as "10m", after which a checkpoint is written
            within it; "off" for never; 10 minutes.
        resume: continue from the folder's checkpoint, if it has one.
        force: remove the files of an earlier training from the folder, and replace `save_trunk`.
        save_trunk: a file for the trained (and pruned) backbone, from which other trainings start by the
            choice `checkpoint`.
    """

    settings: Sequence[str] | Mapping[str, Any] = ()
    design: str | None = None
    trainer: str | None = None
    dataset: str | None = None
    data: str | None = None
    limit_train: int | None = None
    limit_validation: int | str | None = None
    corrupt: str | None = None
    channels: int | None = None
    parts: Parts | str | None = None
    classes_are_folders: bool | None = None
    transpose: bool | None = None
    pairs: bool | None = None
    epochs: int | None = None
    seed: int | None = None
    device: str = "auto"
    ranks: int | None = None
    output: str | None = None
    checkpoint_every: str | float | None = None
    resume: bool = False
    force: bool = False
    save_trunk: str | None = None


def data_to_train(options: TrainOptions, picked: PickedTrial | None, folder: Path) -> DataSpec:
    """Return the images: the study's with the given options changed, or those of another data set.

    A training in `folder` that is to go on keeps its validation images, unless others are given.

    Raises:
        UsageError: an option is not allowed, or two of them contradict each other.
    """
    if options.dataset is not None and options.data is not None:
        raise UsageError(f"dataset={options.dataset!r} and data={options.data!r}: give one of them")
    given = given_options(options, ("limit_train", "corrupt", "channels", "pairs", *Layout.model_fields))
    if options.limit_train is not None or options.limit_validation is not None:
        given["limit_validation"] = _kept_validation(options)
    if options.data is not None:
        given |= {"name": None, "path": str(Path(options.data).expanduser().resolve())}
    elif options.dataset is not None or picked is None:
        given |= {"name": options.dataset or "digits"}
    else:
        given = images_with(picked.data.model_dump(), given)
    then = RunFolder(folder).job() if options.resume and options.limit_validation is None else None
    return data_spec(given if then is None else {**given, "limit_validation": then.data.limit_validation})


def _kept_validation(options: TrainOptions) -> Any:
    try:
        kept = None if options.limit_validation is None else parse_kept(options.limit_validation)
    except ValueError as error:
        raise UsageError(f"limit_validation={error}") from None
    return kept_validation(kept, options.limit_train)
