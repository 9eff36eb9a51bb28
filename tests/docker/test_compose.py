"""docker/compose.yaml: valid against the Compose specification, and what it promises."""

import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from paretocaps.cli.app import app

FOLDER = Path(__file__).resolve().parents[2] / "docker"
STORAGE = "sqlite:////paretocaps/studies/paretocaps.db"


def read(name: str = "compose.yaml") -> dict[str, Any]:
    """The file with every `${NAME:-default}` at its default."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", (FOLDER / name).read_text())
    assert "$" not in text
    return yaml.safe_load(text)


SERVICES = read()["services"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["compose.yaml", "compose.cuda.yaml"])
def test_it_follows_the_compose_specification(name):
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*command, str(FOLDER / name)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_worker_and_a_dashboard_are_one_image():
    assert list(SERVICES) == ["worker", "dashboard"]
    assert SERVICES["worker"]["image"] == SERVICES["dashboard"]["image"] == "paretocaps:cpu"
    assert SERVICES["worker"]["build"] == SERVICES["dashboard"]["build"]


def test_the_image_is_built_from_this_repository():
    build = SERVICES["worker"]["build"]
    context = (FOLDER / build["context"]).resolve()
    assert (context / "pyproject.toml").is_file()
    assert (context / build["dockerfile"]) == FOLDER / "Dockerfile"
    arguments = re.findall(r"^ARG (\w+)=", (FOLDER / "Dockerfile").read_text(), re.MULTILINE)
    assert set(build["args"]) <= set(arguments)


def test_both_share_one_named_volume_and_nothing_else():
    assert {name: service["volumes"] for name, service in SERVICES.items()} == {
        "worker": ["studies:/paretocaps"],
        "dashboard": ["studies:/paretocaps"],
    }
    assert list(read()["volumes"]) == ["studies"]
    assert 'VOLUME ["/paretocaps"]' in (FOLDER / "Dockerfile").read_text()


def test_both_open_the_same_database_on_that_volume():
    for service in SERVICES.values():
        command = service["command"]
        assert command[command.index("--storage") + 1] == STORAGE


def test_only_the_dashboard_is_reachable_and_from_this_machine_only():
    assert "ports" not in SERVICES["worker"]
    assert SERVICES["dashboard"]["ports"] == ["127.0.0.1:8080:8080"]
    assert not any("network_mode" in service for service in SERVICES.values())


def test_neither_gains_rights():
    for service in SERVICES.values():
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert not service.get("privileged")
        assert "user" not in service  # the image's own, which is not root


def test_a_finished_study_stays_finished_and_the_dashboard_stays_up():
    assert SERVICES["worker"]["restart"].startswith("on-failure")
    assert SERVICES["dashboard"]["restart"] == "unless-stopped"


def test_the_study_is_named_by_the_environment_and_the_default_one_exists():
    assert read()["configs"]["study"]["file"] == "../studies/quickstart.toml"
    assert "../studies/${STUDY:-quickstart}.toml" in (FOLDER / "compose.yaml").read_text()
    assert (FOLDER / read()["configs"]["study"]["file"]).is_file()
    (mounted,) = SERVICES["worker"]["configs"]
    command = SERVICES["worker"]["command"]
    assert command[command.index("--spec") + 1] == mounted["target"]


@pytest.mark.parametrize("name", ["worker", "dashboard"])
def test_the_command_line_understands_what_it_is_given(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command, *arguments = SERVICES[name]["command"]
    study = FOLDER / read()["configs"]["study"]["file"]
    given = [str(study) if argument == "/study.toml" else argument for argument in arguments]
    found = app.get_command(click.Context(app), command)
    assert found is not None
    assert found.make_context(command, given).params["storage"] == STORAGE


class Answer(BaseHTTPRequestHandler):
    """Answers every request with the status of its server."""

    def do_GET(self):
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (302, True), (404, False), (500, False)])
def test_the_health_check_asks_the_dashboard(status, healthy):
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        server.status = status
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert (check_health(server.server_port) == 0) is healthy
        thread.join()


def test_the_health_check_fails_where_nothing_answers():
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        port = server.server_port
    assert check_health(port) != 0


def check_health(port: int) -> int:
    command, *arguments = SERVICES["dashboard"]["healthcheck"]["test"]
    assert (command, arguments[0]) == ("CMD", "python")
    assert "8080" in arguments[-1]
    code = arguments[-1].replace("8080", str(port))
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode


def test_the_cuda_file_only_adds_gpus_to_the_worker():
    added = read("compose.cuda.yaml")
    assert list(added) == ["services"]
    assert list(added["services"]) == ["worker"]
    (device,) = added["services"]["worker"]["deploy"]["resources"]["reservations"]["devices"]
    assert device == {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}
