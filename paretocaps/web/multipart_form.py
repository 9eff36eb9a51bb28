"""Reads a form with files as it comes in: no file is kept whole in memory, or in a place of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from fastapi.concurrency import run_in_threadpool
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from paretocaps.errors import TooLargeError, UsageError

Sink = Callable[[bytes], None]
"""What the parts of a file are given to, one after another."""
_BLOCK = 2**20  # bytes that are written at a time
_LONGEST_FIELD = 4096
_MOST_FIELDS = 32


def is_form(request: Request) -> bool:
    """Return whether a request has a form with files."""
    return _type(request)[0] == b"multipart/form-data"


async def read_form(
    request: Request, open_file: Callable[[str], Sink], typed: dict[str, str] | None = None
) -> dict[str, str]:
    """Read a form, and return its fields that are no files and not empty.

    Args:
        request: the request.
        open_file: is called with the name of each file, and returns what its bytes are given to; both are
            called in a thread.
        typed: gets the fields that were read, also where the form is refused.

    Raises:
        UsageError: the form is not well formed, or has too many fields.
        TooLargeError: a field has more than 4,096 bytes.
    """
    form = _Form(open_file)
    try:
        parser = MultipartParser(_type(request)[1].get(b"boundary", b""), form.callbacks)
        async for block in in_blocks(request):
            await run_in_threadpool(parser.write, block)
        parser.finalize()
    except FormParserError as error:
        raise UsageError(f"the form is not well formed ({error}): send multipart/form-data") from None
    finally:
        if typed is not None:
            with suppress(UsageError):
                typed.update(form.fields())
    if not form.whole:
        raise UsageError("the form has no end: send it again")
    return {name: value for name, value in form.fields().items() if value}


async def in_blocks(request: Request) -> AsyncIterator[bytes]:
    """Yield the body of a request in blocks of 1 MiB."""
    block = bytearray()
    async for part in request.stream():
        block += part
        if len(block) >= _BLOCK:
            yield bytes(block)
            block.clear()
    if block:
        yield bytes(block)


def _type(request: Request) -> tuple[bytes, dict[bytes, bytes]]:
    return parse_options_header(request.headers.get("content-type", ""))


class _Form:
    """What the parser calls as it finds parts of a form."""

    def __init__(self, open_file: Callable[[str], Sink]) -> None:
        self._open_file = open_file
        self._fields: dict[str, bytearray] = {}
        self._headers: dict[bytes, bytes] = {}
        self._name, self._value = bytearray(), bytearray()
        self._sink: Sink = self._lost
        self.whole = False
        self.callbacks: Any = {
            "on_part_begin": self._headers.clear,
            "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header,
            "on_headers_finished": self._begin,
            "on_part_data": lambda data, start, end: self._sink(data[start:end]),
            "on_end": self._end,
        }

    def fields(self) -> dict[str, str]:
        """Return the fields that are no files."""
        try:
            return {name: bytes(value).decode().strip() for name, value in self._fields.items()}
        except UnicodeDecodeError:
            raise UsageError("the form has a field that is no UTF-8 text: send text") from None

    def _header(self) -> None:
        self._headers[bytes(self._name).lower()] = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def _begin(self) -> None:
        said = parse_options_header(self._headers.get(b"content-disposition", b""))[1]
        if b"filename" in said:
            self._sink = self._open_file(said[b"filename"].decode("utf-8", "replace"))
            return
        name = said.get(b"name", b"").decode("utf-8", "replace")
        if not name or name in self._fields or len(self._fields) == _MOST_FIELDS:
            raise UsageError(f"the form has the field {name!r:.80} twice, or too many fields: send each once")
        self._fields[name] = value = bytearray()
        self._sink = lambda data: self._add(name, value, data)

    def _add(self, name: str, value: bytearray, data: bytes) -> None:
        value += data
        if len(value) > _LONGEST_FIELD:
            raise TooLargeError(f"the form's field {name!r:.80} has more than {_LONGEST_FIELD} bytes")

    def _end(self) -> None:
        self.whole = True

    def _lost(self, data: bytes) -> None:
        """Ignore bytes that are in no part."""
