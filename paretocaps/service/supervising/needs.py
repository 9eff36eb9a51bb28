"""What a submission needs that lies in a folder, which not every service of a database may have."""

from pathlib import Path

from paretocaps.service.uploading import UPLOAD
from paretocaps.service.uploading.sets import uploads_folder
from paretocaps.storage.submissions import Submission


def missing(one: Submission, folder: Path, data_root: Path | None) -> str:
    """Return what a submission needs that is not here, as a phrase; empty if all of it is.

    Args:
        one: the submission: a study may need an upload or a folder of images, an export a training.
        folder: the service folder.
        data_root: the folder below which the data of submitted studies lie; None for none.
    """
    data, training = one.options.get("data"), one.options.get("training")
    if one.kind == "study" and isinstance(data, str):
        if data.startswith(UPLOAD):
            here = (uploads_folder(folder) / data.removeprefix(UPLOAD)).is_dir()
        else:
            here = data_root is not None and (data_root / data).is_dir()
        return "" if here else f"the data {data!r:.200}"
    if one.kind == "export" and training is not None:
        return "" if (folder / "trainings" / str(training)).is_dir() else f"the training {training}"
    return ""
