"""A stranger's way through docker/nginx.conf, with a real nginx, TLS, and tokens."""

import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

pytestmark = pytest.mark.service

NAME = "caps.example.org"
CONF = Path(__file__).resolve().parents[2] / "docker" / "nginx.conf"
READ, RUN = "the-secret-of-a-reader-0001", "the-secret-of-a-runner-0001"
TOKENS = f'[rita]\nsecret = "{READ}"\nrole = "read"\n[ruth]\nsecret = "{RUN}"\nrole = "admin"\n'
STUDY = {"study": "demo", "dataset": "digits", "trainer": "replay", "trials": 2, "epochs": 5}
STUDY["objectives"] = "acc,cpu_time,params"
MAIN = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1; {user}
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/paretocaps.conf;
}}
"""


class Encrypted(http.client.HTTPSConnection):
    """A connection to this machine under the service's name."""

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=NAME)


class Served:
    """The service behind nginx: its ports, and the certificate that clients trust."""

    def __init__(self, folder):
        self.folder, self.log = folder, folder / "service.log"
        self.plain, self.encrypted, self.service = _free(), _free(), _free()
        self.trusted = ssl.create_default_context(cafile=folder / "fullchain.pem")

    @property
    def origin(self):
        return f"https://{NAME}:{self.encrypted}"

    @contextmanager
    def open(self, method, path, body=None, token=None, **headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if isinstance(body, dict):
            sent.setdefault("Content-Type", "application/json")
            body = json.dumps(body)
        with closing(Encrypted(NAME, self.encrypted, context=self.trusted, timeout=30)) as connection:
            connection.request(method, path, body, sent)
            with connection.getresponse() as answer:
                yield answer

    def ask(self, *given, **named):
        with self.open(*given, **named) as answer:
            return answer.status, answer.headers, answer.read().decode()

    def ask_plainly(self, port, path, **headers):
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            connection.request("GET", path, headers=headers)
            with connection.getresponse() as answer:
                return answer.status, answer.headers


def _free():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def _configure(served):
    folder = served.folder
    text = CONF.read_text()
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{served.plain};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{served.encrypted} ssl"),
        ("/etc/ssl/paretocaps", str(folder)),
        ("127.0.0.1:8000", f"127.0.0.1:{served.service}"),
    ):
        assert text.count(old) >= 1, old
        text = text.replace(old, new)
    (folder / "paretocaps.conf").write_text(text)
    user = "user root;" if os.geteuid() == 0 else ""  # who may enter the folders of pytest
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))


def _listens(port, process, within=60.0):
    ends = time.monotonic() + within
    while time.monotonic() < ends and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not nginx or not shutil.which("openssl"):
        pytest.skip("nginx or openssl is not installed: see make service")
    folder = tmp_path_factory.mktemp("nginx")
    key, certificate = folder / "privkey.pem", folder / "fullchain.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}"]
    names = ["-addext", f"subjectAltName=DNS:{NAME}", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*make, *names], check=True, capture_output=True)
    tokens = folder / "tokens.toml"
    tokens.write_text(TOKENS)
    tokens.chmod(0o600)
    served = Served(folder)
    _configure(served)
    service = [sys.executable, "-m", "paretocaps", "serve", "--port", str(served.service)]
    options = ["--tokens", str(tokens), "--proxy", "127.0.0.1", "--allow-host", NAME, "--no-supervise"]
    started = []
    with served.log.open("w") as log:
        try:
            started.append(subprocess.Popen([*service, *options], cwd=folder, stderr=log))
            assert _listens(served.service, started[0]), served.log.read_text()
            begin = [nginx, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
            started.append(subprocess.Popen(begin))
            assert _listens(served.encrypted, started[1]), (folder / "error.log").read_text()
            yield served
        finally:
            for process in reversed(started):
                process.send_signal(signal.SIGTERM)
                process.wait(30)


def test_plain_http_leads_to_https(served):
    status, headers = served.ask_plainly(served.plain, "/studies/demo?all=1", Host=NAME)
    assert (status, headers["location"]) == (301, f"https://{NAME}/studies/demo?all=1")


def test_without_a_token_nothing_is_told(served):
    status, headers, text = served.ask("GET", "/api/v1/studies")
    assert (status, headers["www-authenticate"]) == (401, "Bearer")
    assert json.loads(text)["detail"].startswith("no token: send one in the header")
    status, headers, _ = served.ask("GET", "/queue", Accept="text/html")
    assert (status, headers["location"]) == (303, "/login?next=/queue")
    assert served.ask("GET", "/healthz")[0] == 200


def test_a_token_is_needed_on_loopback_too(served):
    assert served.ask_plainly(served.service, "/api/v1/studies")[0] == 401


def test_a_reader_reads_with_all_headers_and_changes_nothing(served):
    status, headers, text = served.ask("GET", "/api/v1/studies", token=READ)
    assert (status, json.loads(text)) == (200, [])
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert headers["x-frame-options"] == "DENY"
    assert "nginx/" not in headers["server"]
    status, _, text = served.ask("POST", "/api/v1/studies", STUDY, token=READ)
    assert status == 403
    assert "'rita' has the role read: use one of the role run or admin" in json.loads(text)["detail"]


def test_another_name_is_refused(served):
    status, _, text = served.ask("GET", "/api/v1/studies", token=READ, Host="evil.example")
    assert status == 421
    assert "'evil.example' is not a name of this service" in json.loads(text)["detail"]


def test_a_browser_enters_a_token_and_changes_something_from_its_own_pages_only(served):
    form = urlencode({"token": RUN, "next": "/queue"})
    kind = {"Content_Type": "application/x-www-form-urlencoded"}
    status, headers, _ = served.ask("POST", "/login", form, Origin=served.origin, **kind)
    assert (status, headers["location"]) == (303, "/queue")
    cookie = headers["set-cookie"]
    assert {"Secure", "HttpOnly"} <= {part.strip() for part in cookie.split(";")}
    session = cookie.partition(";")[0]
    asked = ("POST", "/api/v1/studies", STUDY)
    assert served.ask(*asked, Cookie=session, Origin="https://evil.example")[0] == 403
    status, headers, _ = served.ask(*asked, Cookie=session, Origin=served.origin)
    assert (status, headers["location"].rpartition("/")[0]) == (202, "/api/v1/queue")


def test_events_come_at_once(served):
    begun = time.monotonic()
    served.ask("POST", "/api/v1/studies", {**STUDY, "study": "seen"}, token=RUN)
    with served.open("GET", "/api/v1/studies/seen/events", token=READ) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [answer.readline() for _ in range(5)]
    assert any(line.startswith(b"data: ") for line in lines), lines
    assert time.monotonic() - begun < 20  # a buffer would hold it until the stream ends


def test_an_upload_passes_and_the_service_judges_it(served):
    kind = {"Content_Type": "application/octet-stream"}
    status, headers, text = served.ask("POST", "/api/v1/data?name=x", bytes(3 * 2**20), token=RUN, **kind)
    assert (status, headers["content-type"]) == (422, "application/problem+json"), text
    status, _, text = served.ask("POST", "/api/v1/studies", bytes(2**20 + 1), token=RUN)
    assert status == 413
    assert "at most 1 MiB" in text


def test_the_audit_and_the_log_have_the_address_that_nginx_saw(served):
    served.ask("POST", "/api/v1/nothing", {}, token=RUN, X_Forwarded_For="203.0.113.9")
    entries = json.loads(served.ask("GET", "/api/v1/audit", token=RUN)[2])
    assert {entry["address"] for entry in entries} == {"127.0.0.1"}
    assert ("ruth", "/api/v1/nothing", 404) in [
        (one["who"], one["target"], one["outcome"]) for one in entries
    ]
    lines = [json.loads(line) for line in served.log.read_text().splitlines() if line.startswith("{")]
    assert {line["address"] for line in lines if "address" in line} == {"127.0.0.1"}
    assert not [secret for secret in (READ, RUN) if secret in served.log.read_text()]
