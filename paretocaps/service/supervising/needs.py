"""What a submission needs that lies in a folder, which not every service of a database may have."""

import os
from pathlib import Path

from paretocaps.service.uploading import UPLOAD
from paretocaps.service.uploading.sets import uploads_folder
from paretocaps.storage.submissions import Submission


def missing(one: Submission, folder: Path, data_root: Path | None) -> str:
    """Return what a submission needs that is not here, as a phrase; empty if all of it is.

    A folder that cannot be looked at, as that of a file server that is away, is not here.

    Args:
        one: the submission: a study may need an upload or a folder of images, an export a training.
        folder: the service folder.
        data_root: the folder below which the data of submitted studies lie; None for none.
    """
    data, training = one.options.get("data"), one.options.get("training")
    if one.kind == "study" and isinstance(data, str):
        root = uploads_folder(folder) if data.startswith(UPLOAD) else data_root
        here = root is not None and os.path.isdir(root / data.removeprefix(UPLOAD))
        return "" if here else f"the data {data!r:.200}"
    if one.kind == "export" and training is not None:
        return "" if os.path.isdir(folder / "trainings" / str(training)) else f"the training {training}"
    return ""
