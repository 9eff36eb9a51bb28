import pytest
from starlette.testclient import TestClient

from paretocaps.web.api.app import create_app

pytestmark = pytest.mark.slow  # imports optuna-dashboard and plotly


def test_the_dashboard_is_below_its_path_with_what_its_page_asks_for(client):
    page = client.get("/dashboard")
    assert page.url.path == "/dashboard/"
    assert "/static/bundle.js" in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert client.get("/static/bundle.js").headers["content-type"].startswith("text/javascript")
    assert client.get("/paretocaps/dashboard.css").status_code == 200
    studies = client.get("/api/studies").json()["study_summaries"]
    assert [one["study_name"] for one in studies] == ["demo", "other"]
    assert client.get(f"/api/studies/{studies[0]['study_id']}").json()["name"] == "demo"


def test_a_file_that_is_uploaded_is_shown(client):
    key = client.get("/api/studies").json()["study_summaries"][0]["study_id"]
    sent = {"file": "data:text/plain;base64,dGV4dA==", "filename": "notes.txt"}
    assert client.post(f"/api/artifacts/{key}", json=sent).status_code == 201
    (shown,) = client.get(f"/api/studies/{key}").json()["artifacts"]
    assert shown["filename"] == "notes.txt"
    assert client.get(f"/artifacts/{key}/{shown['artifact_id']}").text == "text"


def test_it_is_for_admins_because_it_can_delete(settings, monkeypatch):
    secret = "a-secret-of-twenty-four-or-more"
    monkeypatch.setenv("PARETOCAPS_TOKENS", f"ann:run:{secret}")
    client = TestClient(
        create_app(settings), "http://127.0.0.1", headers={"Authorization": f"Bearer {secret}"}
    )
    for path in ("/dashboard/", "/api/studies", "/csv/1"):
        assert client.get(path).status_code == 403
    assert client.delete("/api/studies/1").status_code == 403
    assert client.get("/api/v1/nothing").status_code == 404
