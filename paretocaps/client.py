"""A client of the service that needs nothing but Python's own library."""

import json
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, cast
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from paretocaps.errors import ParetocapsError, UsageError

TOKEN, TOKEN_FILE = "PARETOCAPS_TOKEN", "PARETOCAPS_TOKEN_FILE"
"""The environment variables with a token, or with the path of a file (0600) that holds one."""


_WRONG_USE = (400, 404, 409, 413, 415, 422)


class ServiceError(ParetocapsError):
    """The service refused a request, or does not answer; `status` is the HTTP status, 0 without an answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.exit_code = 2 if status in _WRONG_USE else 1


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow no redirect, which would take the token to another place."""


class Client:
    """The service at an address; each method returns what its path answers (docs/http-api.md).

    Args:
        url: the address, such as "http://127.0.0.1:8000".
        token: the token; None for that of the environment (`given_token`).
        timeout: seconds without an answer, or without anything in a stream, after which a request fails.

    Example:
        ```python
        service = Client("http://127.0.0.1:8000", token="...")
        service.submit({"study": "demo", "dataset": "digits", "trials": 8})
        for event in service.events("demo"):
            print(event["kind"], event["payload"])
        ```
    """

    def __init__(self, url: str, token: str | None = None, timeout: float = 60.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise UsageError(f"{url!r} is no address of a service: write it like http://127.0.0.1:8000")
        self.url, self.timeout = url.rstrip("/"), timeout
        self._token = given_token() if token is None else token
        self._opener = build_opener(_NoRedirects)

    def studies(self) -> list[dict[str, Any]]:
        """List the studies."""
        return list(self.get("studies"))

    def front(self, study: str, **view: Any) -> dict[str, Any]:
        """Return a front; `view` are the parameters objectives, require, all, measured_on and scale_to."""
        return dict(self.get(f"studies/{_part(study)}/front", **view))

    def trials(self, study: str) -> list[dict[str, Any]]:
        """List the trials of a study."""
        return list(self.get(f"studies/{_part(study)}/trials"))

    def submit(self, options: Mapping[str, Any] | str, priority: int = 0) -> dict[str, Any]:
        """Submit a study: the options of a study file, or its text (TOML)."""
        path = f"studies?{urlencode({'priority': priority})}"
        if isinstance(options, str):
            return dict(json.loads(self.ask("POST", path, options.encode(), "application/toml")))
        return dict(self.post(path, options))

    def events(self, study: str, after: int = 0, *, follow: bool = True) -> Iterator[dict[str, Any]]:
        """Yield the events of a study after a number, each once; a stream that breaks is taken up."""
        while True:
            path = f"studies/{_part(study)}/events?{urlencode({'after': after, 'follow': follow})}"
            try:
                with self._open("GET", path) as answer:
                    for line in answer:
                        if line.startswith(b"data: "):
                            event = json.loads(line.removeprefix(b"data: "))
                            after = event["number"]
                            yield event
            except (OSError, HTTPException):  # the connection broke, or nothing came for too long
                pass
            if not follow:
                return

    def get(self, path: str, **params: Any) -> Any:
        """Return what a path below /api/v1 answers; parameters that are None are left out."""
        given = {name: _text(value) for name, value in params.items() if value is not None}
        return json.loads(self.ask("GET", f"{path}?{urlencode(given, doseq=True)}" if given else path))

    def post(self, path: str, content: Any = None) -> Any:
        """Return what a path below /api/v1 answers to JSON."""
        return json.loads(self.ask("POST", path, json.dumps(content).encode()) or "null")

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        kind: str = "application/json",
        accept: str = "*/*",
    ) -> bytes:
        """Return the bytes that a path below /api/v1 answers.

        Args:
            method, path, body: of the request.
            kind: the media type of the body.
            accept: the media type that is asked for.

        Raises:
            ServiceError: the service refuses, with the reason that it gives, or does not answer.
        """
        try:
            with self._open(method, path, body, kind, accept) as answer:
                return answer.read()
        except (OSError, HTTPException) as error:
            raise ServiceError(f"{self.url} broke off its answer ({error}): try again") from None

    def _open(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        kind: str = "application/json",
        accept: str = "*/*",
    ) -> HTTPResponse:
        headers = {"Accept": accept, "Content-Type": kind}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        request = Request(f"{self.url}/api/v1/{path}", body, headers, method=method)
        try:
            return cast(HTTPResponse, self._opener.open(request, timeout=self.timeout))
        except HTTPError as error:
            raise ServiceError(_reason(error), error.code) from None
        except URLError as error:
            raise ServiceError(f"{self.url} does not answer ({error.reason}): is it the service?") from None


def given_token() -> str | None:
    """Return the token of the environment, or of the file that it names; None for neither.

    Raises:
        UsageError: the file cannot be read, or others can read it.
    """
    if token := os.environ.get(TOKEN):
        return token
    if not (name := os.environ.get(TOKEN_FILE)):
        return None
    try:
        if Path(name).stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise UsageError(f"token file {name!r} is open to others: chmod 600 it")
        return Path(name).read_text().strip()
    except OSError as error:
        raise UsageError(f"token file {name!r} cannot be read: {error.strerror}") from None


def _reason(error: HTTPError) -> str:
    try:
        return str(json.loads(error.read())["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{error.url} answers {error.code} {error.reason}: is it the service?"


def _part(name: str) -> str:
    return quote(name, safe="")


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return list(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)
