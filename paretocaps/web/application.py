"""optuna-dashboard as a WSGI application, with what our tables add to it."""

import json
import re
import shlex
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs

from paretocaps import service
from paretocaps.errors import ParetocapsError
from paretocaps.web.attachments import attachments
from paretocaps.web.current_views import CurrentViews
from paretocaps.web.wsgi import called

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_STYLES = Path(__file__).with_name("dashboard.css")
_LINK = b'<link rel="stylesheet" href="/paretocaps/dashboard.css">'
_HTML, _TEXT, _CSS = "text/html; charset=utf-8", "text/plain; charset=utf-8", "text/css; charset=utf-8"


class Answer(NamedTuple):
    """What a request is answered with."""

    content: bytes
    kind: str = "application/json"
    status: str = "200 OK"
    headers: tuple[tuple[str, str], ...] = ()


class Application:
    """The dashboard: requests that concern our part of it are answered here, all others by Optuna's.

    Args:
        optuna: Optuna's dashboard.
        views: what is shown of the studies.
    """

    def __init__(self, optuna: "WSGIApplication", views: CurrentViews) -> None:
        self._optuna, self._views = optuna, views
        self._computing = threading.Lock()
        """Held while a report is written or a network evaluated: one at a time."""
        self._routes: list[tuple[re.Pattern[str], Callable[..., Answer | None]]] = [
            (re.compile(r"/api/studies/(\d+)"), self._study),
            (re.compile(r"/artifacts/(\d+)/(\d+)/([0-9a-f-]+)"), self._file),
            (re.compile(r"/paretocaps/report/(\d+)"), self._report),
            (re.compile(r"/paretocaps/dashboard\.css"), lambda _: Answer(_STYLES.read_bytes(), _CSS)),
        ]

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        answer = self._own(environ)
        if answer is None:
            return self._by_optuna(environ, start_response)
        headers = [("Content-Type", answer.kind), ("Content-Length", str(len(answer.content)))]
        start_response(answer.status, [*headers, *answer.headers])
        return [answer.content]

    def _own(self, environ: "WSGIEnvironment") -> Answer | None:
        """Return our answer, or None where Optuna's dashboard answers."""
        path, query = environ.get("PATH_INFO", "").rstrip("/"), parse_qs(environ.get("QUERY_STRING", ""))
        if environ["REQUEST_METHOD"] != "GET":
            return self._refusal(environ["REQUEST_METHOD"], path)
        for pattern, handler in self._routes:
            if match := pattern.fullmatch(path):
                try:
                    return handler(query, *match.groups())
                except ParetocapsError as error:
                    return Answer(str(error).encode(), _TEXT, "404 Not Found")
        return None

    def _refusal(self, method: str, path: str) -> Answer | None:
        """Refuse to delete or rename a study of ours: Optuna's dashboard would change its own half alone."""
        kind = {"DELETE": "delete", "POST": "rename"}.get(method)
        match = re.fullmatch(r"/api/studies/(\d+)" + ("/rename" if kind == "rename" else ""), path)
        name = self._views.name(int(match[1])) if kind and match else None
        if name is None:
            return None
        command = shlex.join(["paretocaps", str(kind), *(["--"] * name.startswith("-")), name])
        reason = f"use `{command}`: what is done here leaves half of the study"
        return Answer(json.dumps({"reason": reason}).encode(), status="409 Conflict")

    def _study(self, query: Mapping[str, list[str]], study: str) -> Answer | None:
        after = query.get("after", ["0"])[0]
        detail = self._views.detail(int(study), int(after) if after.isdecimal() else 0)
        return None if detail is None else Answer(detail)

    def _file(self, _: object, study: str, trial: str, key: str) -> Answer | None:
        found = self._views.trial(int(study), int(trial))
        if found is None:
            return None
        for one in attachments(*found):
            if one.key == key:
                with self._computing:
                    return Answer(one.read(self._views.storage), one.kind)
        return None

    def _report(self, _: object, study: str) -> Answer:
        name = self._views.name(int(study))
        if name is None:
            return Answer(b"There is no such study.", _TEXT, "404 Not Found")
        with self._computing, tempfile.TemporaryDirectory() as folder:
            page = service.write_report(
                name, self._views.storage, str(Path(folder) / "report.html"), all=self._views.all
            )
            return Answer(page.read_bytes(), _HTML)

    def _by_optuna(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Return the answer of Optuna's dashboard; its page gets our style sheet."""
        path = environ.get("PATH_INFO", "")
        if environ["REQUEST_METHOD"] != "GET" or not path.startswith("/dashboard"):
            return self._optuna(environ, start_response)
        for name in ("HTTP_IF_MODIFIED_SINCE", "HTTP_IF_NONE_MATCH", "HTTP_RANGE"):
            environ.pop(name, None)  # the page that it would compare is not the one that is sent
        return self._styled(environ, start_response)

    def _styled(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterator[bytes]:
        status, headers, content = called(self._optuna, environ)
        page = content.replace(b"</head>", _LINK + b"</head>", 1)
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        start_response(status, [*kept, ("Content-Length", str(len(page)))])
        yield page
