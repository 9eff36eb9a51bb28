"""How the images of a data set are laid out, as far as the user says it."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

from paretocaps.domain.objective import split_names

_ROLES = {"train": "train", "test": "test", "val": "validation", "valid": "validation"}
"""The names that parts have, besides `validation`, with the fields that they mean."""


class Parts(BaseModel):
    """The parts of a data folder: for each a sub-folder, parquet files, or a set of IDX files.

    It is also read from text: "train=A,test=B,validation=C", where `val` and `valid` mean validation. Paths
    are relative to the data folder. The names of parquet files may have wildcards; a set of IDX files is
    named by their common beginning, such as emnist-letters-train.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    train: str
    test: str | None = None
    validation: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if isinstance(value, str):
            pairs = [part.partition("=") for part in split_names(value)]
        elif isinstance(value, Mapping):
            pairs = [(str(name), "=", place) for name, place in value.items() if place is not None]
        else:
            return value
        places: dict[str, Any] = {}
        for name, _, place in pairs:
            role = _ROLES.get(name.strip(), name.strip())
            if role not in cls.model_fields or role in places or not place:
                places = {}
                break
            places[role] = place.strip() if isinstance(place, str) else place
        if "train" not in places:
            raise ValueError(
                f"parts={value!r} is not understood: write train=A, and test=B and validation=C where there"
                " are such parts, such as train=train_set,test=evals"
            )
        return places

    @model_validator(mode="after")
    def _inside_and_apart(self) -> Self:
        places = [PurePath(place) for place in self.model_dump(exclude_none=True).values()]
        for place in places:
            if place.is_absolute() or ".." in place.parts:
                raise ValueError(f"parts: {str(place)!r} is not in the data folder: name it relative to it")
            if places.count(place) > 1:
                raise ValueError(f"parts: {str(place)!r} is named twice: give each part images of its own")
        return self

    def __str__(self) -> str:
        return ",".join(f"{role}={place}" for role, place in self.model_dump(exclude_none=True).items())


class Layout(BaseModel):
    """How the images are laid out, as far as it is not told by the names of files and folders.

    Attributes:
        parts: the parts of a data folder; None to find them by their names.
        classes_are_folders: whether all sub-folders of a data folder are classes, whatever their names.
        transpose: whether to exchange the rows and the columns of every image, as EMNIST's need it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    parts: Parts | None = None
    classes_are_folders: bool = False
    transpose: bool = False

    def check(self, of_folder: bool) -> None:
        """Check that the settings fit each other and the images, which may be `of_folder` or of the catalog.

        Raises:
            ValueError: they contradict each other, or describe a folder where none is named.
        """
        if self.parts and self.classes_are_folders:
            raise ValueError(
                f"parts={str(self.parts)!r} and classes_are_folders=true contradict each other: give one"
            )
        if not of_folder and (self.parts or self.classes_are_folders):
            named = f"parts={str(self.parts)!r}" if self.parts else "classes_are_folders=true"
            raise ValueError(f"{named} describes a folder of images: give data=PATH too")
