import json
import socket
import threading
import urllib.request

import pytest

from paretocaps import service
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import StorageError
from paretocaps.testing.probe import PROBE
from paretocaps.web.dashboard import dashboard_server
from paretocaps.web.serving import publish_fronts, serve_studies


@pytest.fixture
def url(tmp_path):
    if "probe" not in TRAINERS:
        TRAINERS.register("probe", PROBE)
    url = f"sqlite:///{tmp_path}/test.db"
    spec = {"storage": url, "trainer": "probe", "executor": "inline", "objectives": "acc,time"}
    for study in ("one", "two"):
        service.optimize({**spec, "study": study, "trials": 3, "epochs": 1})
    return url


@pytest.mark.slow
def test_every_study_shows_its_front(url):
    publish_fronts(url)
    with dashboard_server(url, port=0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with urllib.request.urlopen(f"{server.url}api/studies") as answer:
                listed = json.load(answer)["study_summaries"]
            assert {study["study_name"] for study in listed} == {"one", "two"}
            for study in listed:
                with urllib.request.urlopen(f"{server.url}api/studies/{study['study_id']}") as answer:
                    detail = json.load(answer)
                assert detail["objective_names"] == ["acc", "time"]
                assert detail["plotly_graph_objects"]
                assert "Front over acc, time" in detail["note"]["body"]
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.slow
def test_a_port_that_is_taken_or_a_database_that_is_missing_is_one_line(url, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(Exception, match="cannot listen on"):
        serve_studies(url, "127.0.0.1", taken.getsockname()[1])
    with pytest.raises(StorageError, match="there is no file"):
        serve_studies(f"sqlite:///{tmp_path}/none.db", "127.0.0.1", 0)
