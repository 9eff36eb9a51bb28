import pytest

from paretocaps.web.guard.principal import PRINCIPAL, Principal

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


def test_it_is_for_admins_because_it_can_delete(client, monkeypatch):
    monkeypatch.setattr("paretocaps.web.guard.middleware.LOOPBACK", Principal("somebody", "run"))
    assert PRINCIPAL
    for path in ("/dashboard/", "/api/studies", "/csv/1"):
        assert client.get(path).status_code == 403
    assert client.delete("/api/studies/1").status_code == 403
    assert client.get("/api/v1/nothing").status_code == 404
