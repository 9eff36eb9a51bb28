"""What `paretocaps serve` was started with."""

from dataclasses import dataclass, field
from pathlib import Path

from paretocaps.data.uploaded.upload_limits import UploadLimits
from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.service.predicting import PredictLimits
from paretocaps.service.queueing import DEFAULT_FOLDER
from paretocaps.web.guard.options import GuardOptions


@dataclass(frozen=True, kw_only=True)
class ServeSettings:
    """The settings of a service.

    Attributes:
        storage: the storage URL.
        folder: the service folder: tokens, uploads, exports, trainings and logs.
        data_root: the folder below which the data of submitted studies lie; None to allow uploads alone.
        host: the address to listen on; by default only this machine reaches it.
        port: the port to listen on; 0 takes a free one.
        supervise: whether submissions are run; without it, they wait for another service of the database.
        guard: who may use it, and how much.
        parallel: how many submissions run at once; None for one per device.
        slice: seconds after which what runs gives way to what waits with the same or a higher priority.
        uploads: what one upload of a set of images may take.
        images: what may be sent to be classified at once.
    """

    storage: str = DEFAULT_STORAGE
    folder: Path = DEFAULT_FOLDER
    data_root: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    supervise: bool = True
    guard: GuardOptions = field(default_factory=GuardOptions)
    parallel: int | None = None
    slice: float = 600.0
    uploads: UploadLimits = field(default_factory=UploadLimits)
    images: PredictLimits = field(default_factory=PredictLimits)
