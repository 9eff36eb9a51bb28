"""The file `network.json`, which describes an export; reading it needs no torch."""

import hashlib
import json
import operator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from paretocaps.domain.job import DataSpec, Levels
from paretocaps.domain.pairs import pair_count
from paretocaps.errors import DataError

DOCUMENT, WEIGHTS, GRAPH = "network.json", "network.safetensors", "network.onnx"
"""The files of an export's folder; the last is omitted with `--no-onnx`."""
FORMAT: Literal["paretocaps-network"] = "paretocaps-network"
VERSION: Literal[1] = 1
_BLOCK = 1 << 20
_REMEDY = "export the network again"

Count = Annotated[int, Field(ge=1)]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ExportInfo(_Value):
    """Where an exported network comes from.

    Attributes:
        classes: names of the classes, in the order of the scores, none twice.
        study, trial, seed: the training that it comes from, where a study's store has it.
        choices: the choices that were trained; empty where they are unknown.
        acc, test_acc: validation and test accuracy, where measured.
        data: the images that it was trained on, where known.
        held_out: a name of the images that the training validated on (`Predictions.images`), where known.
    """

    classes: tuple[str, ...]
    study: str | None = None
    trial: int | None = None
    seed: int | None = None
    choices: dict[str, Any] = {}
    acc: float | None = None
    test_acc: float | None = None
    data: DataSpec | None = None
    held_out: str = Field(default="", exclude_if=operator.not_)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.classes)) < len(self.classes):
            raise ValueError(f"classes {', '.join(self.classes)} have a name twice: give each its own")
        return self


class GraphRecord(_Value):
    """The facts about `network.onnx`.

    Attributes:
        sha256: the file's hash, in hexadecimal digits.
        opset: the version of the standard operators that it uses.
        images: on how many images it was compared with torch.
        largest_difference: the largest difference of a score from torch's, over these images.
    """

    sha256: str
    opset: int
    images: Count
    largest_difference: float


class Document(_Value):
    """The content of `network.json`.

    Attributes:
        format, version: mark the file as ours, and name the version of its layout.
        architecture: the network's architecture, as `models.architecture.Architecture` reads it.
        height, width, channels: the shape of the images that the network takes.
        levels: the values of gray pixels of more than 8 bits that it takes as 0 and 255; None where its
            training images had 8 bits.
        transposed: whether rows and columns of image files are exchanged before it reads them.
        about: where the network comes from.
        weights_sha256: the hash of `network.safetensors`, in hexadecimal digits.
        graph: what is known of `network.onnx`, or None where there is no such file.
        paretocaps, torch: the versions that wrote it.
    """

    format: Literal["paretocaps-network"] = FORMAT
    version: Literal[1] = VERSION
    architecture: dict[str, Any]
    height: Count
    width: Count
    channels: Count
    levels: Levels | None = Field(default=None, exclude_if=operator.not_)
    transposed: bool = Field(default=False, exclude_if=operator.not_)
    about: ExportInfo
    weights_sha256: str
    graph: GraphRecord | None = None
    paretocaps: str
    torch: str

    @model_validator(mode="after")
    def _of_one_network(self) -> Self:
        own = dict(self.architecture)
        if own.get("pairs") and isinstance(own.get("classes"), int):
            own["classes"] = pair_count(own["classes"])
        sizes = {"height": self.height, "width": self.width, "channels": self.channels}
        for name, said in {**sizes, "classes": len(self.about.classes)}.items():
            if (known := own.get(name, said)) != said:
                raise ValueError(f"{name} is {said}, but {known!r} in the architecture")
        return self


def read_document(folder: Path) -> Document:
    """Return the document of the export in `folder`.

    Raises:
        DataError: there is no export, or it is not ours, of another version, or damaged.
    """
    path = folder / DOCUMENT
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"no export in {str(folder)!r}: it has no {DOCUMENT}") from None
    except OSError as error:
        raise DataError(f"{str(path)!r} cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise DataError(f"{str(path)!r} is no JSON: {_REMEDY}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DataError(f"{str(path)!r} was not written by `paretocaps export`: name an export's folder")
    if content.get("version") != VERSION:
        raise DataError(
            f"{str(path)!r} has version {content.get('version')!r}, but this paretocaps reads {VERSION}:"
            " use the paretocaps that wrote it, or export the network again"
        )
    try:
        return Document.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        why = first["msg"].removeprefix("Value error, ")
        raise DataError(f"{str(path)!r} is damaged: {where}: {why}: {_REMEDY}") from None


def check_file(path: Path, expected: str) -> None:
    """Check that a file of an export is the one that was written.

    Args:
        path: the file.
        expected: its sha256, in hexadecimal digits.

    Raises:
        DataError: the file is missing, cannot be read, or is another.
    """
    if not path.is_file():
        raise DataError(f"export {str(path.parent)!r} has no {path.name}: {_REMEDY}")
    if sha256(path) != expected:
        raise DataError(
            f"{str(path)!r} is not the file that {DOCUMENT} was written with (its sha256 differs): {_REMEDY}"
        )


def sha256(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal digits.

    Raises:
        DataError: the file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise DataError(f"{str(path)!r} cannot be read: {error.strerror or error}") from None
    return digest.hexdigest()
