"""The stratified subsets of the training and validation images that a `DataSpec` asks for."""

import numpy as np

from paretocaps.data.raw import RawPart
from paretocaps.data.split import stratified_indices
from paretocaps.domain.estimate import wilson_interval
from paretocaps.domain.job import DataSpec
from paretocaps.domain.kept_validation import PROPORTIONAL
from paretocaps.errors import UsageError

_FEWEST = 100  # validation images that a proportion leaves: fewer tell little about a network
_EXAMPLE = 0.9  # the accuracy whose interval is told


def limited_training(train: RawPart, limit: int | None, name: str, classes: int) -> RawPart:
    """Return `limit` of the training images, stratified and one per class or more; None keeps all.

    Raises:
        UsageError: the limit is more than the images or less than the classes.
    """
    if limit is None:
        return train
    if limit > len(train):
        raise UsageError(
            f"limit_train={limit} is more than the {len(train)} training images that {name} has besides"
            " its validation images: lower it"
        )
    if limit < classes:
        raise UsageError(
            f"limit_train={limit} is less than the {classes} classes of {name}, each of which needs an image:"
            f" give {classes} or more"
        )
    return train.take(stratified_indices(train.labels, limit, least=1))


def read_anew(train: RawPart, limit: int | None) -> tuple[str, ...]:
    """Return a phrase if version 0.1, which left classes without an image, would keep other images."""
    if limit is None or np.array_equal(
        stratified_indices(train.labels, limit), stratified_indices(train.labels, limit, least=1)
    ):
        return ()
    return ("limit_train keeps an image of every class",)


def limited_validation(validation: RawPart, spec: DataSpec, train: int, name: str) -> RawPart:
    """Return the validation images that `spec` keeps, stratified and one per class or more.

    In proportion to the training images they are the same share of all, but 100 or more where there are so
    many.

    Args:
        validation: all validation images.
        spec: the data, with its limits.
        train: the number of training images before their limit.
        name: the name of the data.

    Raises:
        UsageError: the limit is more than the images or less than their classes.
    """
    limit, present = spec.limit_validation, np.unique(validation.labels).size
    if limit is None or (limit == PROPORTIONAL and spec.limit_train is None):
        return validation
    if limit == PROPORTIONAL:
        share = round(len(validation) * (spec.limit_train or train) / train)
        limit = min(max(share, _FEWEST, present), len(validation))
    if limit > len(validation):
        raise UsageError(
            f"limit_validation={limit} is more than the {len(validation)} validation images of {name}: lower"
            " it"
        )
    if limit < present:
        raise UsageError(
            f"limit_validation={limit} is less than the {present} classes of {name}, each of which needs an"
            f" image: give {present} or more"
        )
    return validation.take(stratified_indices(validation.labels, limit, least=1))


def told_interval(kept: int, images: int) -> tuple[str, ...]:
    """Return a remark on how much less `kept` of the validation images tell; empty if all are kept."""
    if kept == images:
        return ()
    (low, high), (lower, upper) = wilson_interval(_EXAMPLE, kept), wilson_interval(_EXAMPLE, images)
    return (
        f"{kept:,} of {images:,} validation images are used: the 95 % interval of an accuracy of {_EXAMPLE}"
        f" is then {low:.3f} to {high:.3f}, with all {lower:.3f} to {upper:.3f} (--limit-validation N|all)",
    )
