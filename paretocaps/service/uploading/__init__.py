"""Named sets of images: what is uploaded to a service, and folders below its data root."""

from paretocaps.service.uploading.data_paths import data_path
from paretocaps.service.uploading.receiving import Incoming, receive, remove_left
from paretocaps.service.uploading.sets import UPLOAD, NamedSet, data_sets, find_upload, remove_upload

__all__ = [
    "UPLOAD",
    "Incoming",
    "NamedSet",
    "data_path",
    "data_sets",
    "find_upload",
    "receive",
    "remove_left",
    "remove_upload",
]
