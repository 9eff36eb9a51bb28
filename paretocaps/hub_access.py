"""Tells whether the Hugging Face hub can be asked: without a network, its client would retry for long."""

import os
import queue
from threading import Thread

_PATIENCE = 2.0  # s to wait for the hub's first answer, unless HF_HUB_ETAG_TIMEOUT is set
_SAID = {"1", "ON", "YES", "TRUE"}


def why_not_asked(*variables: str, offline: bool = False) -> str:
    """Return why the hub cannot be asked; nothing where it answers in time.

    Args:
        variables: environment variables that forbid it, besides HF_HUB_OFFLINE.
        offline: whether another library was told not to ask it.
    """
    from huggingface_hub import constants

    names = ("HF_HUB_OFFLINE", *variables)
    said = any(os.environ.get(name, "").upper() in _SAID for name in names)
    if said or offline or constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set"
    return _fault()


def _fault() -> str:
    """Return why the hub does not answer, through the proxy of the client if it has one; else nothing.

    The request runs in a thread, because no timeout of a socket bounds the look-up of a host name.
    """
    from huggingface_hub import constants, get_session

    patience = float(os.environ.get("HF_HUB_ETAG_TIMEOUT") or _PATIENCE)
    answers: queue.SimpleQueue[str] = queue.SimpleQueue()

    def ask() -> None:
        try:
            get_session().head(constants.ENDPOINT, timeout=patience)
        except Exception as error:  # versions of the client use different HTTP libraries
            answers.put(f"the hub cannot be reached ({type(error).__name__})")
        else:
            answers.put("")

    Thread(target=ask, daemon=True).start()
    try:
        return answers.get(timeout=patience)
    except queue.Empty:
        return f"the hub did not answer within {patience:g} s (HF_HUB_ETAG_TIMEOUT=SECONDS waits longer)"
