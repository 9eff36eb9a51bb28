"""What requests bring: sets of images to keep, and images to classify."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request

from paretocaps.errors import UsageError
from paretocaps.service.predicting import GivenImages, PredictLimits
from paretocaps.service.uploading import NamedSet, receive
from paretocaps.web.multipart_form import Sink, in_blocks, is_form, read_form
from paretocaps.web.serve_settings import ServeSettings

_TEXTS, _SWITCHES = ("corrupt", "parts"), ("classes_are_folders", "transpose")
_SAID = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}


async def received_set(
    request: Request, settings: ServeSettings, owner: str, typed: dict[str, str] | None = None
) -> NamedSet:
    """Receive a set of images, check it and keep it: a form with a file, or a body that is the file.

    Its name and the options of a study that say how images are read (`corrupt`, `channels`, `parts`,
    `classes_are_folders`, `transpose`) are fields of the form or parameters of the address.

    Args:
        request: the request.
        settings: those of the service.
        owner: the name of the token that the set is uploaded with.
        typed: gets the fields of the form, also where the set is refused.

    Raises:
        UsageError: a field is not allowed, or there is no file.
        StateError: there is a set of that name.
        DataError: the images cannot be read.
        TooLargeError: a limit is exceeded.
    """
    received = ExitStack()
    incoming = received.enter_context(receive(settings.folder, settings.uploads))
    try:
        fields: Mapping[str, str] = {}
        if is_form(request):
            fields = await read_form(request, _once(incoming.write), typed)
        else:
            incoming.place_of(request.query_params.get("name", ""))  # before it is sent in vain
            async for block in in_blocks(request):
                await run_in_threadpool(incoming.write, block)
        given = {**request.query_params, **fields}
        async with request.app.state.checking:  # one at a time, so that a training beside it keeps a core
            keep = run_in_threadpool(incoming.keep, given.get("name", ""), owner, _reading(given))
            kept = asyncio.ensure_future(keep)
            try:
                return await asyncio.shield(kept)
            except asyncio.CancelledError:  # its thread goes on, and must not keep what is removed meanwhile
                incoming.give_up()
                await asyncio.gather(kept, return_exceptions=True)
                raise
    finally:
        # what was unpacked may take long to remove, and is removed even if nobody waits any more
        await asyncio.shield(asyncio.to_thread(received.close))


async def received_images(request: Request, limits: PredictLimits) -> GivenImages:
    """Receive images to classify: a form with files, or a body that is one image.

    Raises:
        UsageError: the form is not well formed.
        TooLargeError: a limit is exceeded.
    """
    images = GivenImages(limits)

    def opened(name: str) -> Sink:
        images.open(name)
        return images.write

    if is_form(request):
        await read_form(request, opened)
        return images
    async for block in in_blocks(request):
        if images.empty:
            images.open("")
        images.write(block)
    return images


def _once(sink: Sink) -> Callable[[str], Sink]:
    """Return a function that opens one file, which `sink` is given the bytes of."""
    opened: list[str] = []

    def open_file(name: str) -> Sink:
        if opened:
            raise UsageError(f"the form has the files {opened[0]!r:.80} and {name!r:.80}: send one archive")
        opened.append(name)
        return sink

    return open_file


def _reading(given: Mapping[str, str]) -> dict[str, Any]:
    """Return the options of a study that say how images are read, as values."""
    values: dict[str, Any] = {name: given[name] for name in _TEXTS if given.get(name)}
    if channels := given.get("channels"):
        values["channels"] = int(channels) if channels in ("1", "3") else channels
    for name in _SWITCHES:
        if said := given.get(name):
            values[name] = _SAID.get(said.lower(), said)
    return values
