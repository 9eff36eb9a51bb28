"""Gets weights of the Hugging Face hub from the local cache, or else downloads them."""

from pathlib import Path

from paretocaps.errors import DataError, first_line
from paretocaps.extras import require
from paretocaps.hub_access import why_not_asked

WEIGHTS = "model.safetensors"


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
    why_not = why_not_asked()
    if why_not:
        raise DataError(
            f"checkpoint {repository!r} is no file here, is not cached, and {why_not}: download its {WEIGHTS}"
            " and give its path"
        )
    try:
        return Path(hf_hub_download(repository, WEIGHTS))
    except Exception as error:  # the client and the HTTP library have errors of many kinds
        raise DataError(f"checkpoint {repository!r} could not be downloaded ({first_line(error)})") from None
