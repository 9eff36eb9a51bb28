"""The files that people upload in the dashboard."""

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from paretocaps.storage.artifacts import artifacts_folder
from paretocaps.writing import private_folder

if TYPE_CHECKING:
    from optuna.artifacts import FileSystemArtifactStore

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
