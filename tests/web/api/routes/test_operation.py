from pathlib import Path
from types import SimpleNamespace

import pytest

from paretocaps.errors import UnavailableError
from paretocaps.storage.audit import Audited
from paretocaps.storage.store import Store


def test_it_lives_and_is_ready_for_whoever_asks(client):
    for path in ("/healthz", "/readyz"):
        answer = client.get(path, headers={"Authorization": ""})
        assert answer.status_code == 401  # what is given must be right
    del client.headers["Authorization"]
    assert client.get("/healthz").json() == client.get("/readyz").json() == {"status": "ok"}


def test_it_is_not_ready_while_the_database_is_away_and_tells_no_more(client, monkeypatch):
    def away(store):
        raise UnavailableError("postgresql://me:hidden@host is away", "away")

    monkeypatch.setattr(Store, "submission_counts", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["detail"] == "the database cannot be used: the service's log tells why"


def test_it_is_not_ready_once_the_database_s_file_is_gone(client, settings):
    Path(settings.storage.removeprefix("sqlite:///")).unlink()
    assert client.get("/readyz").status_code == 503


def test_it_is_not_ready_without_what_runs_submissions(client):
    client.app.state.supervisor = SimpleNamespace(alive=False, fault="")
    assert client.get("/readyz").json()["detail"] == (
        "nothing runs the submissions any more: restart the service"
    )
    client.app.state.supervisor.alive = True
    assert client.get("/readyz").status_code == 200
    client.app.state.supervisor.fault = "a path that others need not know"
    assert client.get("/readyz").json()["detail"] == (
        "no submission can be begun: the service's log tells why"
    )
    client.app.state.supervisor = None


def test_prometheus_reads_requests_and_submissions(client):
    client.get("/api/v1/studies")
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    assert 'paretocaps_http_requests_total{method="GET",route="/api/v1/studies",status="200"} 1.0' in lines
    assert 'paretocaps_submissions{state="queued"} 0.0' in lines
    assert any(line.startswith("process_resident_memory_bytes ") for line in lines)


def test_the_audit_tells_who_was_to_change_what(client, settings):
    client.post("/api/v1/nothing?secret=x", json={})
    (entry,) = client.get("/api/v1/audit").json()
    assert entry.pop("at")
    assert entry == {
        "who": "local",
        "role": "admin",
        "action": "POST",
        "target": "/api/v1/nothing",
        "address": "testclient",
        "outcome": 404,
        "reason": "nothing is at '/api/v1/nothing'",
    }
    with Store.open(settings.storage, create=False) as store:
        store.audit(Audited("ann", "run", "POST", "/api/v1/studies", "192.0.2.1", 202))
    assert [one["who"] for one in client.get("/api/v1/audit?limit=1").json()] == ["ann"]


@pytest.mark.parametrize("path", ["/api/v1/audit", "/api/v1/audit?limit=0"])
def test_the_audit_is_for_admins(client, path):
    del client.headers["Authorization"]
    assert client.get(path).status_code == 401
