"""`--server`: the reading commands write the same from a service as from its database."""

import threading
import time

import pytest
import uvicorn
from click.testing import CliRunner

from paretocaps.cli.app import app
from paretocaps.web.api.app import create_app
from paretocaps.web.api.server import Server, address, listening
from paretocaps.web.serve_settings import ServeSettings


@pytest.fixture
def service(towers, tmp_path):
    settings = ServeSettings(storage=towers, folder=tmp_path / "service", supervise=False)
    server = Server(uvicorn.Config(create_app(settings), log_config=None, lifespan="on"))
    with listening("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield address(listener)
        server.should_exit = True
        thread.join()


def written(*arguments):
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["studies"],
        ["front", "t"],
        ["front", "--require", "acc>=0.8", "--format", "json"],
        ["front", "t", "--all", "--prefer", "acc=1,time=0.5", "--format", "csv"],
        ["front", "t", "--history"],
        ["recommend", "t"],
        ["recommend", "--aim", "acc>=0.9", "--format", "json"],
        ["space", "t"],
        ["space", "--set", "family=capsnet"],
        ["choices", "lr_policy"],
        ["choices", "--format", "json"],
        ["front", "nobody"],
        ["front", "--require", "acc"],
    ],
)
def test_a_service_gives_the_same_output(service, towers, arguments):
    stored = [] if arguments[0] == "choices" or arguments[:2] == ["space", "--set"] else ["--storage", towers]
    here, there = written(*arguments, *stored), written("--server", service, *arguments)
    assert there[0] == here[0]
    if arguments == ["recommend", "t"]:  # nothing is trained by a command here
        confirmed = f": `paretocaps confirm t --storage {towers}` trains more"
        words = " ".join(here[1].split())
        assert confirmed in words
        assert " ".join(there[1].split()) == words.replace(confirmed, "")
    else:
        assert there[1] == here[1].replace(f" --storage {towers}", "")
    kept = [line for line in here[2].splitlines() if line.strip() and "# train it fully" not in line]
    assert [line for line in there[2].splitlines() if line.strip()] == kept


@pytest.mark.slow  # imports plotly
def test_a_report_is_the_page_of_the_service(service, tmp_path):
    page = tmp_path / "page.html"
    assert written("--server", service, "report", "t", "--output", page)[:2] == (0, f"{page}\n")
    assert "hypervolume" in page.read_text()
