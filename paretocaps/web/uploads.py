"""The files that people upload in the dashboard."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from paretocaps.storage.artifacts import artifacts_folder
from paretocaps.writing import private_folder

if TYPE_CHECKING:
    from optuna.artifacts import FileSystemArtifactStore

_KEY = "artifacts:"  # begins the names of attributes with what the dashboard says of a file
_FOLDER = ".uploads"  # no study's files are in a folder whose name begins with a dot


def uploads(url: str) -> "FileSystemArtifactStore":
    """Return the store of uploaded files of the database at `url`, whose folder the first upload makes."""
    from optuna.artifacts import FileSystemArtifactStore

    class Uploads(FileSystemArtifactStore):
        def __init__(self, folder: Path) -> None:
            super().__init__(folder)
            self._folder = folder

        def write(self, artifact_id: str, content_body: BinaryIO) -> None:
            private_folder(self._folder)
            super().write(artifact_id, content_body)

    return Uploads(artifacts_folder(url) / _FOLDER)


def uploaded(attributes: Mapping[str, Any]) -> list[Any]:
    """Return what the dashboard says of the files in the attributes of a study or trial, but deleted ones."""
    found = [json.loads(text) for name, text in attributes.items() if name.startswith(_KEY)]
    return [one for one in found if one is not None]
