"""nginx's configuration and the systemd unit fit the service; test_nginx.py tries the first."""

import re
import shlex
from pathlib import Path

from paretocaps.cli.commands.serve import command
from paretocaps.web.serve_settings import ServeSettings

DOCKER = Path(__file__).resolve().parents[2] / "docker"
NGINX = (DOCKER / "nginx.conf").read_text()
UNIT = (DOCKER / "paretocaps.service").read_text()


def test_nginx_passes_on_to_the_default_address_and_no_more_than_an_upload_takes():
    settings = ServeSettings()
    assert f"proxy_pass http://{settings.host}:{settings.port};" in NGINX
    megabytes = int(re.search(r"client_max_body_size (\d+)m;", NGINX)[1])
    assert settings.uploads.size <= megabytes * 2**20 < 1.2 * settings.uploads.size


def test_the_unit_starts_the_service_with_options_that_it_has():
    program, name, *options = shlex.split(re.search(r"^ExecStart=(.*)$", UNIT, re.MULTILINE)[1])
    assert (Path(program).name, name) == ("paretocaps", "serve")
    context = command.make_context("serve", options)
    assert context.params["proxy"] == ("127.0.0.1",)
    assert context.params["allow_host"] == ("caps.example.org",)
    assert str(context.params["tokens"]) == "/etc/paretocaps/tokens.toml"


def test_the_studies_of_a_service_that_is_killed_go_on():
    assert "\nKillMode=process\n" in UNIT
