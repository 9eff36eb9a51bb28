"""How large the body of a request may be, and how long it may let itself be waited for."""

import asyncio
import re

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from paretocaps.web.guard.refusal import Refusal

MIB = 2**20
MAX_BODY = MIB
"""Bytes of a body, unless its path takes more."""
PATIENCE = 30.0
"""s to wait for the next part of a body."""


def limited(receive: Receive, most: int, headers: Headers, patience: float = PATIENCE) -> Receive:
    """Return `receive` for a request whose body has `most` bytes at most.

    Raises:
        Refusal: of status 413 or 400 at once, by the header Content-Length. The returned function raises
            one of status 413 as soon as more has come, and of 408 where nothing comes for `patience` s.
    """
    _refuse_length(headers.get("content-length"), most)
    received, whole = 0, False

    async def next_part() -> Message:
        nonlocal received, whole
        if whole:
            return await receive()  # that the client has gone, which may take as long as it likes
        try:
            message = await asyncio.wait_for(receive(), patience)
        except TimeoutError:
            raise Refusal(408, f"nothing of the body came for {patience:g} s: send it again") from None
        received += len(message.get("body", b""))
        if received > most:
            raise _too_large(most)
        whole = not message.get("more_body", False)
        return message

    return next_part


def most_of(path: str, larger: tuple[tuple[re.Pattern[str], int], ...]) -> int:
    """Return the most bytes of a body for `path`: those of the first of `larger` that fits, else 1 MiB."""
    return next((most for pattern, most in larger if pattern.fullmatch(path)), MAX_BODY)


def _refuse_length(given: str | None, most: int) -> None:
    if given is None:
        return
    if not given.isdecimal():
        raise Refusal(400, f"Content-Length {given!r} is no number of bytes")
    if len(given) > len(str(most)) or int(given) > most:
        raise _too_large(most)


def _too_large(most: int) -> Refusal:
    told = f"{most / MIB:,.0f} MiB" if most >= MIB else f"{most:,} bytes"
    return Refusal(413, f"the body is too large: at most {told} are taken here")
