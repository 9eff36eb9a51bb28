"""Forms are read as they come in."""

import asyncio

import pytest
from starlette.requests import Request

from paretocaps.errors import TooLargeError, UsageError
from paretocaps.web.multipart_form import is_form, read_form

KIND = "multipart/form-data; boundary=x"


def request(body, kind=KIND, each=7):
    """Return a request that brings `body` in small parts."""
    parts = [body[at : at + each] for at in range(0, len(body), each)]
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive():
        return messages.pop(0)

    return Request({"type": "http", "method": "POST", "headers": [(b"content-type", kind.encode())]}, receive)


def part(name, content, file=""):
    named = f'; filename="{file}"' if file else ""
    head = f'--x\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def read(body, kind=KIND):
    files = {}

    def opened(name):
        files[name] = bytearray()
        return files[name].extend

    return asyncio.run(read_form(request(body, kind), opened)), {
        name: bytes(one) for name, one in files.items()
    }


def test_fields_and_files_are_told_apart():
    body = part("name", b" flowers ") + part("file", b"\r\n--y\0", "a.zip") + part("b", b"") + b"--x--\r\n"
    assert read(body) == ({"name": "flowers"}, {"a.zip": b"\r\n--y\0"})


def test_the_type_tells_a_form():
    assert is_form(request(b""))
    assert not is_form(request(b"", "application/zip"))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "the form has no end"),
        (b"hello", "the form is not well formed"),
        (part("a", b"1"), "the form has no end"),
        (part("a", b"1") + part("a", b"2") + b"--x--\r\n", "the field 'a' twice"),
        (part("", b"1") + b"--x--\r\n", "the field '' twice, or too many"),
        (part("a", b"\xff") + b"--x--\r\n", "no UTF-8 text"),
        (b"".join(part(f"{n}", b"1") for n in range(33)) + b"--x--\r\n", "or too many fields"),
        (b"--x\r\nno header\r\n\r\n1\r\n--x--\r\n", "the form is not well formed"),
    ],
)
def test_a_form_that_is_none_is_told(body, text):
    with pytest.raises(UsageError, match=text):
        read(body)


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=" + "x" * 300])
def test_a_form_without_a_boundary_is_told(kind):
    with pytest.raises(UsageError):
        read(part("a", b"1") + b"--x--\r\n", kind)


def test_a_field_is_no_file():
    with pytest.raises(TooLargeError, match="field 'a' has more than 4096 bytes"):
        read(part("a", bytes(5000)) + b"--x--\r\n")


def test_the_fields_of_a_form_that_is_refused_are_told_as_far_as_they_can_be():
    typed = {}
    with pytest.raises(UsageError):
        asyncio.run(
            read_form(request(part("a", b"1") + part("b", b"2")), lambda _: bytearray().extend, typed)
        )
    assert typed == {"a": "1", "b": "2"}
    with pytest.raises(UsageError, match="UTF-8"):
        asyncio.run(read_form(request(part("c", b"\xff") + b"--x--\r\n"), lambda _: len, typed))
    assert "c" not in typed
