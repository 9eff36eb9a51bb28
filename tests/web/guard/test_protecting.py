from fastapi import FastAPI
from starlette.testclient import TestClient

from paretocaps.storage.store import Store
from paretocaps.web.guard.protecting import protect
from paretocaps.web.guard.rules import Rules


def test_an_application_is_guarded_counted_and_audited(tmp_path, tokens):
    app = FastAPI()

    @app.post("/things")
    def change() -> None:
        pass

    with Store.open(f"sqlite:///{tmp_path / 'new.db'}", create=True) as store:
        protect(app, Rules(tokens=tokens), store)
        client = TestClient(app, "http://127.0.0.1")
        assert client.get("/login").status_code == 200
        assert client.post("/things", json={}).status_code == 401
        sent = {"Authorization": f"Bearer {tokens[1].secret}"}
        assert client.post("/things", json={}, headers=sent).status_code == 200
        assert [(one.who, one.target, one.outcome) for one in store.audited()] == [("ruth", "/things", 200)]
        counted = app.state.metrics.text().decode()
    assert 'paretocaps_http_requests_total{method="POST",route="/things",status="200"} 1.0' in counted
