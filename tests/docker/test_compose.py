"""docker/compose.yaml: valid against the Compose specification, and what it promises."""

import re
import shlex
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


ALL = read()["services"]
SERVICES = {name: service for name, service in ALL.items() if "profiles" not in service}
CLUSTER = {name: service for name, service in ALL.items() if service.get("profiles") == ["ray"]}
SHARED = "postgresql://paretocaps@postgres/paretocaps"


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
    assert list(read()["volumes"]) == ["studies", "database"]
    assert 'VOLUME ["/paretocaps"]' in (FOLDER / "Dockerfile").read_text()


def test_both_open_the_same_database_on_that_volume():
    for service in SERVICES.values():
        command = service["command"]
        assert command[command.index("--storage") + 1] == STORAGE


def test_only_the_dashboard_is_reachable_and_from_this_machine_only():
    assert "ports" not in SERVICES["worker"]
    assert SERVICES["dashboard"]["ports"] == ["127.0.0.1:8080:8080"]
    assert not any("network_mode" in service for service in SERVICES.values())


def test_none_gains_rights():
    for name, service in ALL.items():
        assert "no-new-privileges:true" in service["security_opt"]
        assert not service.get("privileged")
        assert "user" not in service  # the image's own, which is not root
        assert name == "postgres" or service["cap_drop"] == ["ALL"]


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


def test_the_cluster_is_a_profile_of_its_own_with_one_volume_and_one_port():
    assert list(CLUSTER) == ["postgres", "ray-head", "ray-worker", "ray-driver", "ray-dashboard"]
    assert {*SERVICES, *CLUSTER} == {*ALL}
    assert CLUSTER["postgres"]["volumes"] == ["database:/var/lib/postgresql/data"]
    for name, service in list(CLUSTER.items())[1:]:
        assert service["build"]["args"]["EXTRAS"] == "postgres,ray"
        assert service["volumes"] == ["studies:/paretocaps"]  # workers write where the driver reads
        assert ("ports" in service) is (name == "ray-dashboard")
    assert CLUSTER["ray-dashboard"]["ports"] == ["127.0.0.1:8080:8080"]


def test_only_who_opens_the_database_has_its_password():
    known = {name for name, service in ALL.items() if "PASSWORD" in str(service.get("environment"))}
    assert known == {"postgres", "ray-driver", "ray-dashboard"}
    assert not re.search(r"postgresql://\S*:\S*@", (FOLDER / "compose.yaml").read_text())


def test_the_driver_waits_for_the_database_and_every_worker():
    waits = {"condition": "service_healthy"}
    assert CLUSTER["ray-driver"]["depends_on"] == {"postgres": waits, "ray-worker": waits}
    assert "healthcheck" in CLUSTER["ray-worker"]


def test_the_command_line_understands_the_clusters_driver(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (script,) = CLUSTER["ray-driver"]["command"]
    joins, words = (shlex.split(part) for part in script.split(" && exec paretocaps "))
    study = FOLDER / read()["configs"]["study"]["file"]
    given = [str(study) if word == "/study.toml" else word for word in words[1:]]
    found = app.get_command(click.Context(app), words[0])
    assert found is not None
    params = found.make_context(words[0], given).params
    assert (params["storage"], params["executor"], params["ray_address"]) == (SHARED, "ray", joins[3])
    assert str(params["workers"]) == str(CLUSTER["ray-worker"]["deploy"]["replicas"])


@pytest.mark.ray
def test_ray_understands_how_its_nodes_start():
    scripts = pytest.importorskip("ray.scripts.scripts", reason="ray is not installed: see the extra ray")
    starts = [
        [*CLUSTER[name]["entrypoint"], *CLUSTER[name]["command"]] for name in ("ray-head", "ray-worker")
    ]
    starts.append(shlex.split(CLUSTER["ray-driver"]["command"][0].split(" && ")[0]))
    for ray, start, *arguments in starts:
        assert (ray, start) == ("ray", "start")
        assert scripts.start.make_context("start", arguments).params["object_store_memory"] == 100_000_000


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
