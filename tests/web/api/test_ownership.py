"""What a token submitted is its own, over the API and by the pages' buttons, and its quota bounds it."""

import pytest
from starlette.testclient import TestClient

from paretocaps.service import queueing
from paretocaps.web.api.app import create_app
from paretocaps.web.guard.options import GuardOptions
from paretocaps.web.serve_settings import ServeSettings

NAMES = {"ann": "run", "bob": "run", "root": "admin"}
STUDY = {
    "study": "own",
    "dataset": "digits",
    "trainer": "replay",
    "objectives": ["acc", "params"],
    "trials": 4,
}
HERE = "http://127.0.0.1:8000"


def secret(name):
    return f"the-secret-of-{name}-000000000001"


@pytest.fixture
def asked_by(url, tmp_path):
    """Asks the service as somebody; ann may train 5 trials."""

    def service(hours=24.0):
        file = tmp_path / "tokens.toml"
        file.touch(mode=0o600)
        file.write_text(
            "\n".join(f'[{name}]\nrole = "{role}"\nsecret = "{secret(name)}"' for name, role in NAMES.items())
            + f"\n[limited]\nrole = 'run'\nsecret = '{secret('limited')}'\n"
            + f"max_trials = 5\nmax_hours = {hours}\n"
        )
        settings = ServeSettings(
            storage=url, folder=tmp_path / "service", supervise=False, guard=GuardOptions(tokens=file)
        )
        client = TestClient(create_app(settings), HERE, follow_redirects=False)

        def ask(name, method, path, **sent):
            headers = {"Authorization": f"Bearer {secret(name)}", "Origin": HERE}
            return client.request(method, path, headers=headers, **sent)

        return ask

    return service


def test_nobody_else_changes_what_a_token_submitted(asked_by, url):
    ask = asked_by()
    assert ask("ann", "POST", "/api/v1/studies", json=STUDY).status_code == 202
    before = queueing.submission("own", url)
    for method, path, sent in (
        ("POST", "/api/v1/studies", {"json": {**STUDY, "trials": 9}}),
        ("PATCH", "/api/v1/studies/own", {"json": {"trials": 9}}),
        *(("POST", f"/api/v1/studies/own/{change}", {}) for change in ("pause", "resume", "stop")),
        *(("POST", f"/studies/own/{change}", {}) for change in ("pause", "stop")),
        ("POST", "/studies/own/trials", {"data": {"trials": "9"}}),
        *(("POST", f"/queue/{before.id}/{change}", {}) for change in ("pause", "stop", "remove")),
        ("POST", f"/queue/{before.id}/priority", {"data": {"priority": "0"}}),
        ("DELETE", f"/api/v1/queue/{before.id}", {}),
    ):
        assert ask("bob", method, path, **sent).status_code == 403, (method, path)
    assert queueing.submission("own", url) == before
    assert ask("root", "POST", "/api/v1/studies/own/stop").status_code == 200
    taken = ask("bob", "POST", "/api/v1/studies", json={**STUDY, "trials": 9})
    assert taken.status_code == 403  # nor when it has ended
    assert ask("ann", "POST", "/api/v1/studies", json={**STUDY, "trials": 9}).status_code == 202


def test_a_quota_of_trials_bounds_all_that_a_token_submits(asked_by):
    ask = asked_by()
    assert ask("limited", "POST", "/api/v1/studies", json=STUDY).status_code == 202
    more = ask("limited", "POST", "/api/v1/studies", json={**STUDY, "study": "other two"})
    assert more.status_code == 409
    assert "quota of 'limited' is 5 trials" in more.json()["detail"]


def test_what_a_quota_of_hours_paused_goes_on_with_more_hours(asked_by, url):
    asked_by()("limited", "POST", "/api/v1/studies", json=STUDY)
    queueing.pause("own", url)
    assert queueing.submission("own", url).max_hours == 24.0
    ask = asked_by(hours=48.0)
    assert ask("limited", "POST", "/api/v1/studies/own/resume").status_code == 200
    assert queueing.submission("own", url).max_hours == 48.0
    queueing.pause("own", url)
    assert ask("root", "POST", "/studies/own/resume").status_code == 303
    assert queueing.submission("own", url).max_hours == 48.0


def test_the_submissions_of_a_token_that_have_not_ended_are_bounded(asked_by, monkeypatch):
    monkeypatch.setattr(queueing, "MOST_UNENDED", 1)
    ask = asked_by()
    assert ask("ann", "POST", "/api/v1/studies", json=STUDY).status_code == 202
    more = ask("ann", "POST", "/api/v1/studies", json={**STUDY, "study": "second"})
    assert more.status_code == 409
    assert "'ann' has 1 submissions that have not ended" in more.json()["detail"]
    assert ask("bob", "POST", "/api/v1/studies", json={**STUDY, "study": "second"}).status_code == 202
