"""A client of the service that needs nothing but Python's own library."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from http.client import HTTPException, HTTPResponse
from io import BufferedReader
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from paretocaps.errors import ParetocapsError, UsageError

TOKEN, TOKEN_FILE = "PARETOCAPS_TOKEN", "PARETOCAPS_TOKEN_FILE"
"""The environment variables with a token, or with the path of a file (0600) that holds one."""
_JSON, _FILE = "application/json", "application/octet-stream"
Body = bytes | BufferedReader
"""The content of a request, or a file with it."""
_PASSES = (0, 429, 502, 503, 504)  # what a stream of events waits for the end of; a proxy has 502 and 504
_PAUSE = 0.5  # s before a stream that broke is taken up
_CHECKING = 3600.0  # s that the check of an upload may take


class ServiceError(ParetocapsError):
    """The service refused a request, or does not answer; `status` is the HTTP status, 0 without an answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status, self.exit_code = status, 2 if status in (400, 404, 409, 413, 415, 422) else 1


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
        try:
            parts = urlsplit(url)
        except ValueError:  # such as an IPv6 address without its end
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise UsageError(f"{url!r} is no address of a service: write it like http://127.0.0.1:8000")
        self.url, self.timeout = url.rstrip("/"), timeout
        self._token = given_token() if token is None else token
        if self._token and not (self._token.isascii() and self._token.isprintable()):
            raise UsageError("the token has characters that no token has: give it as it was made")
        self._opener = build_opener(_NoRedirects)

    def studies(self) -> list[dict[str, Any]]:
        """List the studies."""
        return list(self.get("studies"))

    def front(self, study: str, **view: Any) -> dict[str, Any]:
        """Return a front; `view` are the parameters objectives, require, all, measured_on and scale_to."""
        return dict(self.get(f"{_place(study)}/front", **view))

    def trials(self, study: str) -> list[dict[str, Any]]:
        """List the trials of a study."""
        return list(self.get(f"{_place(study)}/trials"))

    def submit(self, options: Mapping[str, Any] | str, priority: int = 0) -> dict[str, Any]:
        """Submit a study: the options of a study file, or its text (TOML)."""
        body = (options if isinstance(options, str) else json.dumps(options)).encode()
        kind = "application/toml" if isinstance(options, str) else _JSON
        return dict(self.read(self.ask("POST", f"studies?priority={priority}", body, kind)))

    def upload(self, name: str, path: Path | str, **reading: Any) -> dict[str, Any]:
        """Upload a zip or tar archive or a parquet file of images, for studies with `data: "upload:NAME"`.

        Args:
            name: the name of the set.
            path: the file, which is sent as it is read.
            reading: corrupt, channels, parts, classes_are_folders and transpose, as `--data` takes them.

        Raises:
            OSError: the file cannot be read.
            ServiceError: the service refuses it.
        """
        given = {"name": name, **{key: _text(value) for key, value in reading.items()}}
        with Path(path).open("rb") as file:
            patient = copy(self)  # the answer comes when all images were looked at
            patient.timeout = max(self.timeout, _CHECKING)
            return dict(self.read(patient.ask("POST", f"data?{urlencode(given)}", file, _FILE)))

    def events(self, study: str, after: int = 0, *, follow: bool = True) -> Iterator[dict[str, Any]]:
        """Yield the events of a study after a number, each once; a stream that breaks is taken up.

        Raises:
            ServiceError: the service refuses, or does not answer at first, or again for `timeout`; without
                `follow`, also where the stream breaks.
        """
        broken: float | None = float("-inf")  # since when there is no answer; None while there is
        while True:
            path = f"{_place(study)}/events?after={after}&follow={_text(follow)}"
            try:
                with self._opened("GET", path) as answer:
                    for line in answer if follow else answer.read().splitlines():  # which tells a broken end
                        broken = None
                        if line.startswith(b"data: "):
                            event = json.loads(line.removeprefix(b"data: "))
                            after = event["number"]
                            yield event
            except ServiceError as error:
                broken = time.monotonic() if broken is None else broken
                late = time.monotonic() - broken > self.timeout
                if late or not follow or error.status not in _PASSES:
                    raise
            if not follow:
                return
            time.sleep(_PAUSE)

    def get(self, path: str, **params: Any) -> Any:
        """Return what a path below /api/v1 answers; parameters that are None are left out."""
        given = {name: _text(value) for name, value in params.items() if value is not None}
        return self.read(self.ask("GET", f"{path}?{urlencode(given, doseq=True)}" if given else path))

    def post(self, path: str, content: Any = None) -> Any:
        """Return what a path below /api/v1 answers to JSON."""
        return self.read(self.ask("POST", path, json.dumps(content).encode()) or b"null")

    def read(self, answer: bytes) -> Any:
        """Return what JSON that the service answered says.

        Raises:
            ServiceError: it is something else, such as a page of another server.
        """
        try:
            return json.loads(answer)
        except ValueError:
            raise ServiceError(
                f"{self.url} answers with something else than JSON: is it the service?"
            ) from None

    def ask(
        self, method: str, path: str, body: Body | None = None, kind: str = _JSON, accept: str = "*/*"
    ) -> bytes:
        """Return the bytes that a path below /api/v1 answers to a body of the media type `kind`.

        Raises:
            ServiceError: the service refuses, with the reason that it gives, or does not answer.
        """
        with self._opened(method, path, body, kind, accept) as answer:
            return answer.read()

    @contextmanager
    def _opened(
        self, method: str, path: str, body: Body | None = None, kind: str = _JSON, accept: str = "*/*"
    ) -> Iterator[HTTPResponse]:
        headers = {"Accept": accept, "Content-Type": kind}
        if isinstance(body, BufferedReader):  # else it would be sent in chunks of unknown number
            headers["Content-Length"] = str(os.fstat(body.fileno()).st_size)
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        request = Request(f"{self.url}/api/v1/{path}", body, headers, method=method)
        try:
            with self._opener.open(request, timeout=self.timeout) as answer:
                yield answer
        except HTTPError as error:
            raise ServiceError(_reason(error), error.code) from None
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise ServiceError(f"{self.url} does not answer ({reason}): is it the service?") from None


def given_token() -> str | None:
    """Return the token of the environment, or of the file that it names; None for neither.

    Raises:
        UsageError: the file cannot be read, or others can read it.
    """
    if (token := os.environ.get(TOKEN, "").strip()) or not (name := os.environ.get(TOKEN_FILE)):
        return token or None
    try:
        if Path(name).stat().st_mode & 0o077:
            raise UsageError(f"token file {name!r} is open to others: chmod 600 it")
        return Path(name).read_text().strip()
    except OSError as error:
        raise UsageError(f"token file {name!r} cannot be read: {error.strerror}") from None


def _reason(error: HTTPError) -> str:
    try:
        return str(json.loads(error.read())["detail"])
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return f"{error.url} answers {error.code} {error.reason}: is it the service?"


def _place(study: str) -> str:
    return f"studies/{quote(study, safe='')}"


def _text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
