"""Calls a WSGI application (PEP 3333)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]


def called(application: "WSGIApplication", environ: "WSGIEnvironment") -> tuple[str, Headers, bytes]:
    """Return the status, the headers and the whole content that a WSGI application answers.

    Where it began an answer and then had an error to tell, the answer is that of the error.
    """
    begun: list[Any] = []

    def begin(status: str, headers: Headers, *_: Any) -> Callable[[bytes], object]:
        begun[:] = [status, headers]
        return lambda _: None

    parts = application(environ, begin)
    try:
        content = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    status, headers = begun
    return status, headers, content
