import json
import socket
import subprocess
import sys
import threading
from urllib.request import urlopen

import pytest

from paretocaps.errors import StorageError, UsageError
from paretocaps.web.dashboard import dashboard_server

SERVE = """
import signal, sys
from paretocaps.web.dashboard import serve_dashboard
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have started us with it ignored
serve_dashboard(sys.argv[1], port=0, ready=lambda url: print(url, flush=True))
print("ended")
"""


def get(url):
    with urlopen(url, timeout=20) as response:
        return response.status, response.read()


@pytest.fixture
def served(url):
    server = dashboard_server(url, port=0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.slow  # imports optuna-dashboard and plotly
def test_it_shows_the_study_its_objectives_and_our_front(served):
    status, page = get(served.url)
    assert status == 200
    assert b"<title>Optuna Dashboard</title>" in page
    assert b'<link rel="stylesheet" href="/paretocaps/dashboard.css"></head>' in page
    assert b"order: -1" in get(f"{served.url}paretocaps/dashboard.css")[1]
    first, _ = json.loads(get(served.url + "api/studies")[1])["study_summaries"]
    study = json.loads(get(f"{served.url}api/studies/{first['study_id']}")[1])
    assert study["objective_names"] == ["acc", "time (s)", "params"]
    assert "### Front over acc, time, params" in study["note"]["body"]


def test_only_this_machine_reaches_it_by_default(served):
    assert served.server_address[0] == "127.0.0.1"
    assert served.url == f"http://127.0.0.1:{served.server_address[1]}/"


def test_it_serves_over_ipv6(url):
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError as error:
        pytest.skip(f"this machine has no IPv6 loopback: {error}")
    server = dashboard_server(url, host="::1", port=0)
    assert server.url.startswith("http://[::1]:")
    server.server_close()


def test_a_busy_port_is_one_line_with_the_remedy(url, served):
    port = served.server_address[1]
    with pytest.raises(
        UsageError, match=rf"cannot listen on 127.0.0.1:{port}: .*in use: choose another port"
    ):
        dashboard_server(url, port=port)


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 65_536), ("192.0.2.1", 0)])
def test_an_address_that_is_none_is_refused(url, host, port):
    with pytest.raises(UsageError, match="choose another port or address"):
        dashboard_server(url, host=host, port=port)


def test_a_missing_database_is_refused_and_not_made(tmp_path):
    with pytest.raises(StorageError, match="there is no file"):
        dashboard_server(f"sqlite:///{tmp_path / 'missing.db'}", port=0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_an_interrupt_ends_it_quietly(url):
    import signal

    command = [sys.executable, "-c", SERVE, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            address = process.stdout.readline().strip()
            assert get(address + "api/studies")[0] == 200
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (0, "ended\n", "")
