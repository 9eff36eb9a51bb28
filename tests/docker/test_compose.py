"""docker/compose.yaml: valid against the Compose specification, and what it promises."""

import re
import shlex
import stat
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
from paretocaps.domain.study_file import read_study_file
from paretocaps.web.guard.tokens import tokens_of_file

FOLDER = Path(__file__).resolve().parents[2] / "docker"


def read(name: str = "compose.yaml") -> dict[str, Any]:
    """The file with every `${NAME:-default}` at its default, and `SPEC` given."""
    text = (FOLDER / name).read_text().replace("${SPEC:+--spec $SPEC}", "--spec paretocaps:quickstart")
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
    assert "$" not in text
    return yaml.safe_load(text)


ALL = read()["services"]
SERVICES = {name: service for name, service in ALL.items() if "profiles" not in service}
CLUSTER = {name: service for name, service in ALL.items() if service.get("profiles") == ["ray"]}
OURS = {name: service for name, service in ALL.items() if name != "postgres"}
DATABASE = "postgresql://paretocaps@postgres/paretocaps"


@pytest.mark.slow
def test_they_follow_the_compose_specification():
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    files = [str(FOLDER / name) for name in ("compose.yaml", "compose.cuda.yaml")]
    done = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_database_the_service_and_the_dashboard_start_and_the_rest_is_asked_for():
    assert list(SERVICES) == ["postgres", "service", "dashboard"]
    assert list(CLUSTER) == ["ray-head", "ray-worker", "ray-driver"]
    assert {*ALL} - {*SERVICES, *CLUSTER} == {"worker"}
    assert ALL["worker"]["profiles"] == ["worker"]


def test_all_of_ours_are_one_image_that_is_built_from_this_repository():
    (build,) = {repr(service["build"]): service["build"] for service in OURS.values()}.values()
    assert {service["image"] for service in OURS.values()} == {"paretocaps:cpu"}
    context = (FOLDER / build["context"]).resolve()
    assert (context / "pyproject.toml").is_file()
    assert (context / build["dockerfile"]) == FOLDER / "Dockerfile"
    arguments = re.findall(r"^ARG (\w+)=", (FOLDER / "Dockerfile").read_text(), re.MULTILINE)
    assert set(build["args"]) <= set(arguments)


def test_images_of_others_are_named_by_digest():
    assert re.fullmatch(r"postgres:\d+@sha256:[0-9a-f]{64}", ALL["postgres"]["image"])


def test_there_are_two_named_volumes_and_nothing_of_this_machine():
    assert {name: service["volumes"] for name, service in ALL.items()} == {
        name: ["database:/var/lib/postgresql/data" if name == "postgres" else "studies:/paretocaps"]
        for name in ALL
    }
    assert list(read()["volumes"]) == ["studies", "database"]
    assert 'VOLUME ["/paretocaps"]' in (FOLDER / "Dockerfile").read_text()


def test_what_is_reachable_is_so_from_this_machine_only():
    reachable = {name: service["ports"] for name, service in ALL.items() if "ports" in service}
    assert reachable == {"service": ["127.0.0.1:8000:8000"], "dashboard": ["127.0.0.1:8080:8080"]}
    assert not any("network_mode" in service for service in ALL.values())


def test_none_gains_rights():
    for name, service in ALL.items():
        assert "no-new-privileges:true" in service["security_opt"]
        assert not service.get("privileged")
        assert "user" not in service  # the image's own, which is not root
        assert name == "postgres" or service["cap_drop"] == ["ALL"]


def test_secrets_are_files_and_each_container_has_its_own_only():
    made = {f"secrets/{name}": name for name in read()["secrets"]}
    assert {secret["file"]: name for name, secret in read()["secrets"].items()} == made
    given = {name: set(service["secrets"]) for name, service in ALL.items()}
    assert given.pop("postgres") == {"password"}
    assert given.pop("service") == {"passfile", "tokens"}
    assert set(map(frozenset, given.values())) == {frozenset({"passfile"})}
    text = (FOLDER / "compose.yaml").read_text()
    assert not re.search(r"postgresql://\S*:\S*@|PGPASSWORD|PASSWORD:", text)
    for secret in re.findall(r"/run/secrets/(\w+)", text):
        assert secret in read()["secrets"]


def test_what_lasts_is_started_again_and_a_finished_study_stays_finished():
    restarts = {name: service["restart"] for name, service in ALL.items()}
    assert {name for name, restart in restarts.items() if restart == "on-failure:3"} == {
        "worker",
        "ray-driver",
    }
    assert {*restarts.values()} == {"on-failure:3", "unless-stopped"}


def test_each_container_is_checked_by_what_it_is():
    checks = {name: service.get("healthcheck") for name, service in ALL.items()}
    assert [name for name, check in checks.items() if check is None] == ["service"]  # the image's own
    unchecked = {name for name, check in checks.items() if check == {"disable": True}}
    assert unchecked == {"worker", "ray-head", "ray-driver"}


def test_all_wait_for_the_database_and_the_dashboard_for_its_tables():
    waits = {"condition": "service_healthy"}
    assert ALL["service"]["depends_on"] == ALL["worker"]["depends_on"] == {"postgres": waits}
    assert ALL["dashboard"]["depends_on"] == {"service": waits}
    assert ALL["ray-driver"]["depends_on"] == {"postgres": waits, "ray-worker": waits}


def test_what_trains_on_one_machine_shares_its_locks():
    folders = {name: service["environment"].get("PARETOCAPS_HOST_FOLDER") for name, service in OURS.items()}
    assert {name: folder for name, folder in folders.items() if folder} == {
        "service": "/paretocaps/locks",
        "worker": "/paretocaps/locks",
    }


@pytest.mark.parametrize("name", ["service", "dashboard", "worker"])
def test_the_command_line_understands_what_it_is_given(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command, *arguments = ALL[name]["command"]
    found = app.get_command(click.Context(app), command)
    assert found is not None
    params = found.make_context(command, arguments).params
    assert params["storage"] == DATABASE
    if name == "service":
        assert params["tokens"] == Path("/run/secrets/tokens")


def test_the_command_line_understands_the_clusters_driver(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (script,) = CLUSTER["ray-driver"]["command"]
    joins, words = (shlex.split(part) for part in script.split(" && exec paretocaps "))
    found = app.get_command(click.Context(app), words[0])
    assert found is not None
    params = found.make_context(words[0], words[1:]).params
    assert (params["storage"], params["executor"], params["ray_address"]) == (DATABASE, "ray", joins[3])
    assert str(params["workers"]) == str(CLUSTER["ray-worker"]["deploy"]["replicas"])
    assert read_study_file(params["spec_file"])


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


def made_secrets(folder: Path) -> dict[str, str]:
    """What `secrets.sh` leaves in a folder, by file; each must be for its owner only."""
    command = ["bash", str(FOLDER / "secrets.sh"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    made = {file.name: file.read_text() for file in folder.iterdir()}
    assert not any(secret in done.stdout for secret in made.values())
    return made


def test_the_secrets_are_made_once_and_fit_together(tmp_path):
    made = made_secrets(tmp_path / "secrets")
    assert {*made} == {*read()["secrets"]}
    host, _, _, user, password = made["passfile"].strip().split(":")
    assert (host, user, password) == ("postgres", "paretocaps", made["password"])
    assert made_secrets(tmp_path / "secrets") == made


def test_the_secrets_stay_out_of_git_and_of_the_image():
    ignored = (FOLDER.parent / ".gitignore").read_text().splitlines()
    assert "/docker/secrets/" in ignored


def test_the_service_takes_the_tokens_that_are_made(tmp_path):
    made_secrets(tmp_path / "secrets")
    (token,) = tokens_of_file(tmp_path / "secrets" / "tokens")
    assert (token.principal.name, token.principal.role) == ("admin", "admin")


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
    command, *arguments = ALL["dashboard"]["healthcheck"]["test"]
    assert (command, arguments[0]) == ("CMD", "python")
    assert "8080" in arguments[-1]
    code = arguments[-1].replace("8080", str(port))
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode


def test_the_cuda_file_only_adds_gpus_to_what_trains():
    added = read("compose.cuda.yaml")["services"]
    assert list(added) == ["service", "worker"]
    for service in added.values():
        (device,) = service["deploy"]["resources"]["reservations"]["devices"]
        assert device == {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}
