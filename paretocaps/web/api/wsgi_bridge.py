"""Answers requests of an ASGI server by a WSGI application, whose links are relative to the server's root."""

import asyncio
import io
import sys
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from paretocaps.web.wsgi import called

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


async def answer_of(application: "WSGIApplication", request: Request) -> Response:
    """Return what a WSGI application answers to a request; it is called in a thread of its own."""
    environ = environment(request.scope, await request.body())
    return await asyncio.to_thread(_answer, application, environ)


def environment(scope: Scope, body: bytes) -> dict[str, Any]:
    """Return the WSGI environment of a request (PEP 3333), with the whole path of its address."""
    host, port = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("ascii"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1").upper().replace("-", "_")
        if name == "CONTENT_TYPE":
            environ[name] = value.decode("latin-1")
        elif name not in ("CONTENT_LENGTH", "PROXY", "COOKIE", "AUTHORIZATION"):  # which are the guard's
            environ[f"HTTP_{name}"] = value.decode("latin-1")
    return environ


def _answer(application: "WSGIApplication", environ: dict[str, Any]) -> Response:
    status, headers, content = called(application, environ)
    answer = Response(content, int(status.split(" ", 1)[0]))
    answer.raw_headers[:] = [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
    ]
    return answer
