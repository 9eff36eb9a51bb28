"""How many validation images are kept: as a user writes it, and as a `DataSpec` has it."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, ValidationInfo

PROPORTIONAL: Literal["proportional"] = "proportional"
"""Of a `DataSpec`: the same share of the validation images as `limit_train` is of the training images."""

ALL: Literal["all"] = "all"
"""Of a user: every validation image."""


def parse_kept(value: object) -> int | Literal["all"]:
    """Return a number of images, 1 or more, or "all".

    Raises:
        ValueError: `value` is neither.
    """
    text = str(value).strip().lower()
    if text == ALL:
        return ALL
    if isinstance(value, bool) or not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{value!r} is not allowed: give a number of images, 1 or more, or all")
    return int(text)


def kept_validation(
    kept: int | Literal["all"] | None, limit_train: int | None
) -> int | Literal["proportional"] | None:
    """Return the limit of the validation images of a `DataSpec`.

    Args:
        kept: what the user says; None for the default: in proportion where the training images are limited.
        limit_train: the limit of the training images.
    """
    if kept is None:
        return None if limit_train is None else PROPORTIONAL
    return None if kept == ALL else kept


def _named(value: object, info: ValidationInfo) -> int | Literal["all"]:
    try:
        return parse_kept(value)
    except ValueError as error:
        raise ValueError(f"{info.field_name}={error}") from None


KeptValidation = Annotated[int | Literal["all"], BeforeValidator(_named)]
"""The type of a pydantic field that is a number of images or "all"."""
