import sqlite3
import time
from contextlib import closing

from starlette.testclient import TestClient

from paretocaps import service
from paretocaps.web.api.app import create_app
from paretocaps.web.serve_settings import ServeSettings


def test_an_empty_folder_is_served(tmp_path):
    url = f"sqlite:///{tmp_path / 'new.db'}"
    settings = ServeSettings(storage=url, folder=tmp_path / "service", supervise=False)
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        assert client.get("/api/v1/studies").json() == service.studies(url) == []


def test_a_path_that_is_not_there_is_a_problem(client):
    answer = client.get("/api/v1/nothing")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 404


def test_a_locked_database_is_told_soon_and_nothing_is_half_written(settings, url, monkeypatch):
    for module in ("paretocaps.web.api.app", "paretocaps.web.guard.protecting"):
        monkeypatch.setattr(f"{module}._WAIT", 0.0)
    app = create_app(settings)
    sent = {"Authorization": f"Bearer {(settings.folder / 'token').read_text().strip()}"}
    study = {"study": "new", "dataset": "digits", "trials": 3, "epochs": 1}
    with TestClient(app, base_url="http://127.0.0.1:8000", headers=sent) as client:
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as other:
            other.execute("BEGIN IMMEDIATE")
            answer = client.post("/api/v1/studies", json=study)
            page = client.post("/new", data=study)
            began = time.monotonic()
            deleted = client.delete("/api/v1/studies/other")
            taken = time.monotonic() - began
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert answer.headers["retry-after"] == "5"
        assert "end that program, then send the request again" in answer.json()["detail"]
        assert page.status_code == 503
        assert "then send the request again" in page.text
        assert deleted.status_code == 503
        assert taken < 5.0  # s; a command waits for 10
        assert client.get("/api/v1/queue?all=true").json() == []
        assert "other" in [one["study"] for one in client.get("/api/v1/studies").json()]
