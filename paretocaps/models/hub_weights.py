"""Gets weights of the Hugging Face hub from the local cache, or else downloads them."""

import os
import queue
from pathlib import Path
from threading import Thread

from paretocaps.errors import DataError
from paretocaps.extras import require

WEIGHTS = "model.safetensors"
PATIENCE = 2.0  # seconds to wait for the hub's first answer, unless HF_HUB_ETAG_TIMEOUT is set


def hub_weights(repository: str) -> Path:
    """Return the local path of the weights of `repository`, such as "timm/resnet50.a1_in1k".

    Cached weights need no network. Otherwise the hub must answer within 2 seconds (or HF_HUB_ETAG_TIMEOUT),
    because its client would retry without a network for much longer.

    Raises:
        DataError: the weights are not cached, and the hub cannot be reached or has no such weights.
        UsageError: the hub's client is not installed.
    """
    require(
        "hub", f"checkpoint {repository!r}, which is no file here,", "huggingface_hub", instead="give a file"
    )
    from huggingface_hub import hf_hub_download, try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        cached = try_to_load_from_cache(repository, WEIGHTS)
    except HFValidationError:
        raise DataError(
            f"checkpoint {repository!r} is no file here, and no valid name on the hub: give a file"
        ) from None
    if isinstance(cached, str):
        return Path(cached)
    why_not = "HF_HUB_OFFLINE is set" if _offline() else None if _answers() else "there is no network"
    if why_not:
        raise DataError(
            f"checkpoint {repository!r} is no file here, is not cached, and {why_not}: download its {WEIGHTS}"
            " and give its path"
        )
    try:
        return Path(hf_hub_download(repository, WEIGHTS))
    except Exception as error:  # the client and the HTTP library have errors of many kinds
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"checkpoint {repository!r} could not be downloaded ({reason})") from None


def _offline() -> bool:
    from huggingface_hub import constants

    said = os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}
    return said or bool(constants.HF_HUB_OFFLINE)


def _answers() -> bool:
    """Return whether the hub answers in time; a thread asks, since no timeout bounds a DNS look-up."""
    from huggingface_hub import constants, get_session

    patience = float(os.environ.get("HF_HUB_ETAG_TIMEOUT") or PATIENCE)
    answers: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def ask() -> None:
        try:
            get_session().head(constants.ENDPOINT, timeout=patience)
        except Exception:  # its errors differ between versions of the client
            answers.put(False)
        else:
            answers.put(True)

    Thread(target=ask, daemon=True).start()
    try:
        return answers.get(timeout=patience)
    except queue.Empty:
        return False
