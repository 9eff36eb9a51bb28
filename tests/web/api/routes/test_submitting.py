import pytest

from paretocaps.service import queueing
from paretocaps.web.guard.principal import Principal

STUDY = {
    "study": "new",
    "dataset": "digits",
    "trainer": "replay",
    "objectives": ["acc", "params"],
    "trials": 3,
}


@pytest.fixture
def submitted(client):
    answer = client.post("/api/v1/studies", json=STUDY)
    assert answer.status_code == 202
    return answer


def test_a_submitted_study_waits_in_the_queue(client, submitted, url):
    new = submitted.json()
    assert (new["state"], new["study"], new["position"]) == ("queued", "new", 1)
    assert client.get(submitted.headers["location"]).json() == new
    assert client.get("/api/v1/queue").json() == [new]
    assert queueing.submission("new", url).options == STUDY


def test_a_study_is_sent_as_toml_too(client, url):
    text = 'study = "new"\nepochs = 2\n[fix]\nfamily = "capsnet"\n[scale.quick]\nepochs = 1\n[table.one]\n'
    sent = text.encode("utf-8-sig")  # as some editors save it
    answer = client.post("/api/v1/studies", content=sent, headers={"Content-Type": "application/toml"})
    assert answer.status_code == 202
    assert queueing.submission("new", url).options == {
        "study": "new", "epochs": 2, "fix": {"family": "capsnet"}, "trials": 24
    }  # fmt: skip


def test_a_study_is_paused_resumed_changed_and_stopped(client, submitted):
    for path, state in (("pause", "paused"), ("resume", "queued"), ("stop", "stopped")):
        if path == "stop":
            changed = client.patch("/api/v1/studies/new", json={"trials": 9, "priority": 2}).json()
            assert (changed["options"]["trials"], changed["priority"]) == (9, 2)
        answer = client.post(f"/api/v1/studies/new/{path}")
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert client.get("/api/v1/queue").json() == []
    assert [one["study"] for one in client.get("/api/v1/queue?all=true").json()] == ["new"]


def test_what_the_state_does_not_allow_is_a_conflict(client, submitted):
    assert client.post("/api/v1/studies", json=STUDY).status_code == 409
    assert client.delete("/api/v1/studies/new").status_code == 409


def test_a_stored_study_is_deleted_with_what_was_made_of_it(client, settings):
    asked = client.post("/api/v1/studies/other/trials/0/export").json()["id"]
    made = settings.folder / "exports" / str(asked), settings.folder / "exports" / str(asked + 1)
    log = settings.folder / "logs" / f"submission-{asked}.log"
    for folder in (*made, log.parent):
        folder.mkdir(parents=True)
    log.touch()
    assert client.delete("/api/v1/studies/other").status_code == 409, "the export waits for its turn"
    assert client.post(f"/queue/{asked}/stop").status_code == 200
    assert client.delete("/api/v1/studies/other").status_code == 204
    assert [row["study"] for row in client.get("/api/v1/studies").json()] == ["demo"]
    assert client.delete("/api/v1/studies/other").status_code == 404
    assert [one.exists() for one in (*made, log)] == [False, True, False]


@pytest.mark.parametrize(
    ("kind", "content", "status", "told"),
    [
        ("application/json", "{", 422, "the body is not valid json"),
        ("application/json", "[]", 422, "no table of options"),
        ("application/toml", "study = ", 422, "the body is not valid toml"),
        ("text/plain", "study", 415, "application/json or application/toml"),
        ("application/json", '{"study": 3}', 422, "study=3"),
    ],
)
def test_a_body_that_is_no_study_is_one_line(client, kind, content, status, told):
    answer = client.post("/api/v1/studies", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert told in answer.json()["detail"]


def test_a_study_that_was_not_submitted_is_told(client):
    assert client.post("/api/v1/studies/demo/pause").status_code == 404
    assert "was not submitted" in client.post("/api/v1/studies/demo/pause").json()["detail"]
    assert client.patch("/api/v1/studies/demo", json={}).status_code == 422
    assert client.get("/api/v1/queue/99").status_code == 404


def test_no_priority_is_above_the_tokens_highest(client, submitted, monkeypatch):
    monkeypatch.setattr(Principal, "highest_priority", 0)
    made = submitted.json()
    assert 'max="0"' in client.get("/new").text
    for answer in (
        client.post("/api/v1/studies?priority=1", json=STUDY | {"study": "other one"}),
        client.post("/api/v1/studies/demo/trials/0/train?priority=1"),
        client.post("/api/v1/studies/demo/trials/0/export?priority=1"),
        client.patch("/api/v1/studies/new", json={"trials": 99, "priority": 1}),
        client.post(f"/queue/{made['id']}/priority", data={"priority": "1"}),
        client.post("/new", data={"study": "more", "priority": "1"}),
    ):
        assert answer.status_code == 422
        assert "priority=1 is above 0, the highest of the token" in answer.text
    assert client.get("/api/v1/queue").json() == [made]
