import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from paretocaps import client
from paretocaps.client import Client, ServiceError, given_token
from paretocaps.errors import UsageError


class Service(BaseHTTPRequestHandler):
    """Answers as the service does, and keeps what it was asked."""

    asked: list = []  # noqa: RUF012
    broken = starting = silent = 0

    def do_GET(self):
        self.asked.append((self.command, self.path, dict(self.headers), self._body()))
        if self.path.startswith("/api/v1/studies/elsewhere"):
            self._answer(302, b"", Location="http://127.0.0.1:1/")
        elif self.path.startswith("/api/v1/studies/nobody"):
            self._answer(404, json.dumps({"detail": "no study 'nobody'"}).encode())
        elif self.starting:
            type(self).starting -= 1
            self._answer(502, b"<html>Bad Gateway</html>")
        elif "/events" in self.path and self.silent:
            type(self).silent -= 1
            self._answer(200, b": nothing\n", **{"Content-Length": "100"})
            time.sleep(0.4)
        elif "/events" in self.path and self.broken:
            type(self).broken -= 1
            self._answer(200, b": nothing", **{"Content-Length": "100"})
            self.close_connection = True
        elif "/events" in self.path:
            after = int(self.path.partition("after=")[2].partition("&")[0])
            events = [{"number": after + 1, "kind": "notice"}, {"number": after + 2, "kind": "notice"}]
            self._answer(200, b"".join(b"data: %s\n\n" % json.dumps(one).encode() for one in events))
        else:
            self._answer(200, json.dumps({"path": self.path}).encode())

    do_POST = do_GET

    def log_message(self, *_):
        pass

    def _body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _answer(self, status, content, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def url():
    Service.asked, Service.broken, Service.starting, Service.silent = [], 0, 0, 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_front_is_asked_for_by_its_view_and_with_the_token(url):
    answer = Client(url, "secret").front("a/b", require=["acc>=0.9", "params<1"], all=False, scale_to=None)
    assert answer["path"] == "/api/v1/studies/a%2Fb/front?require=acc%3E%3D0.9&require=params%3C1&all=false"
    assert Service.asked[0][2]["Authorization"] == "Bearer secret"


def test_a_study_is_submitted_as_options_or_as_the_text_of_a_file(url):
    service = Client(url, "")
    service.submit({"study": "demo"}, priority=2)
    service.submit('study = "demo"')
    (_, path, headers, body), (_, _, toml, text) = Service.asked
    assert (path, headers["Content-Type"], body) == (
        "/api/v1/studies?priority=2",
        "application/json",
        b'{"study": "demo"}',
    )
    assert (toml["Content-Type"], text) == ("application/toml", b'study = "demo"')


def test_a_stream_that_breaks_is_taken_up_after_its_last_event(url, monkeypatch):
    monkeypatch.setattr(client, "_PAUSE", 0.01)
    events = Client(url, "").events("demo")
    assert [next(events)["number"] for _ in range(5)] == [1, 2, 3, 4, 5]
    assert len(list(Client(url, "").events("demo", 7, follow=False))) == 2


def test_a_stream_waits_for_a_service_that_starts_again_but_not_for_ever(url, monkeypatch):
    monkeypatch.setattr(client, "_PAUSE", 0.01)
    Service.broken = 2  # answers that break off before their first event
    assert next(Client(url, "").events("demo"))["number"] == 1
    assert len(Service.asked) == 3
    for away, broken, follow in (("http://127.0.0.1:1", 0, True), (url, 1, False)):
        Service.broken = broken
        with pytest.raises(ServiceError, match="does not answer"):
            list(Client(away, "", timeout=0.1).events("demo", follow=follow))


def test_a_stream_goes_on_behind_a_proxy_whose_service_starts_again(url, monkeypatch):
    monkeypatch.setattr(client, "_PAUSE", 0.01)
    events = Client(url, "").events("demo")
    assert [next(events)["number"] for _ in range(2)] == [1, 2]
    Service.starting = 3
    assert next(events)["number"] == 3
    assert Service.starting == 0


def test_a_stream_that_falls_silent_is_taken_up(url, monkeypatch):
    monkeypatch.setattr(client, "_PAUSE", 0.01)
    Service.silent = 1
    assert next(Client(url, "", timeout=0.2).events("demo"))["number"] == 1


def test_a_refusal_is_the_line_of_the_service(url):
    with pytest.raises(ServiceError, match="no study 'nobody'") as raised:
        Client(url, "").trials("nobody")
    assert raised.value.status == 404


def test_no_redirect_takes_the_token_elsewhere(url):
    with pytest.raises(ServiceError, match="302"):
        Client(url, "secret").trials("elsewhere")


def test_an_address_where_nothing_listens_is_one_line():
    with pytest.raises(ServiceError, match=r"127\.0\.0\.1:1 does not answer \(.*\): is it the service"):
        Client("http://127.0.0.1:1", "").studies()
    with pytest.raises(UsageError, match="'127.0.0.1:8000' is no address of a service"):
        Client("127.0.0.1:8000", "")
    with pytest.raises(UsageError, match=r"'http://\[::1' is no address of a service"):
        Client("http://[::1", "")


def test_a_token_is_in_the_environment_or_in_a_file_of_ones_own(monkeypatch, tmp_path):
    monkeypatch.delenv("PARETOCAPS_TOKEN", raising=False)
    monkeypatch.delenv("PARETOCAPS_TOKEN_FILE", raising=False)
    assert given_token() is None
    file = tmp_path / "token"
    file.write_text("secret\n")
    monkeypatch.setenv("PARETOCAPS_TOKEN_FILE", str(file))
    file.chmod(0o644)
    with pytest.raises(UsageError, match="is open to others: chmod 600 it"):
        given_token()
    file.chmod(0o600)
    assert given_token() == "secret"
    monkeypatch.setenv("PARETOCAPS_TOKEN", "first\r\n")
    assert given_token() == "first"
    with pytest.raises(UsageError, match="characters that no token has") as refused:
        Client("http://127.0.0.1:1", "sec\rret")
    assert "sec" not in str(refused.value)
    monkeypatch.delenv("PARETOCAPS_TOKEN")
    file.unlink()
    with pytest.raises(UsageError, match="cannot be read"):
        given_token()


def test_a_file_is_uploaded_as_it_is_with_its_size(url, tmp_path):
    content = bytes(range(256)) * 1000
    (tmp_path / "flowers.zip").write_bytes(content)
    Client(url, "t").upload("flowers", tmp_path / "flowers.zip", transpose=True)
    ((method, path, headers, body),) = Service.asked
    assert (method, path) == ("POST", "/api/v1/data?name=flowers&transpose=true")
    assert (headers["Content-Type"], headers["Content-Length"]) == ("application/octet-stream", "256000")
    assert body == content
    with pytest.raises(FileNotFoundError):
        Client(url, "t").upload("flowers", tmp_path / "nothing.zip")
