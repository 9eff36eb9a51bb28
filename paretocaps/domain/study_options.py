"""The options of a study as keywords, for those who write Python and for their editors."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Literal, TypedDict

from paretocaps.domain.layout import Parts


class StudyOptions(TypedDict, total=False):
    """The options of `optimize` by name: those of a `StudySpec`, in every form that it takes.

    `trainer` may also be a function or a network of your own, and `data` images in memory.
    """

    study: str
    objectives: str | Sequence[str]
    trials: int
    epochs: int
    sampler: str
    dataset: str | None
    data: Any
    limit_train: int | None
    limit_validation: int | str | None
    corrupt: Literal["refuse", "skip"]
    channels: Literal[1, 3] | None
    parts: Parts | str | None
    classes_are_folders: bool
    transpose: bool
    pairs: bool
    storage: str | PathLike[str]
    storage_patience: float | str | None
    artifacts: str | PathLike[str] | None
    trainer: Any
    executor: str
    ray_address: str | None
    workers: int | None
    threads: int | None
    ranks: int
    share_device: bool
    device: str | Sequence[str]
    stall_timeout: float | str | None
    trial_timeout: float | str | None
    timeout: float | str | None
    budget: float | str | None
    until_stable: int | None
    seed: int
    repeats: int
    more_repeats: int
    redo_loaded: int
    designs: Sequence[str] | None
    design: Mapping[str, Mapping[str, Any]]
    fix: Mapping[str, Any] | Sequence[str]
    space: Mapping[str, Any] | str | None
    lr_range: bool
    from_study: str | None
    continues: bool
    keep_checkpoints: bool
    retries: int
    checkpoint_every: float | str | None
    stop_early: str
    stop_designs: bool
    log: str | Sequence[str]
    require: str | Sequence[str] | None
    reject: bool
    test_every_epoch: bool
    test_each_training: bool
    published: Mapping[str, Any]
    ensembles: Mapping[str, Any]
