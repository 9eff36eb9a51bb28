import pytest
from starlette.testclient import TestClient

from paretocaps.service import queueing
from paretocaps.service.quota import Quota
from paretocaps.storage.store import Store
from paretocaps.web.api.app import create_app


@pytest.fixture
def submitted(settings):
    options = {"objectives": ["acc", "params"], "trials": 3}
    return queueing.submit("study", "new", options, settings.storage, owner="ann")


def state(settings):
    return queueing.submission("new", settings.storage).state


def test_a_study_is_paused_resumed_and_stopped_from_its_page(client, settings, submitted):
    for change, then in (("pause", "paused"), ("resume", "queued"), ("stop", "stopped")):
        answer = client.post(f"/studies/new/{change}", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/studies/new")
        assert state(settings) == then
        assert f'class="chip {then}"' in client.get("/studies/new").text
    assert client.post("/studies/new/pause").status_code == 409
    assert client.post("/studies/none/pause").status_code == 404
    assert client.post("/studies/new/delete").status_code == 422


def test_the_queue_is_changed_from_its_page(client, settings, submitted):
    page = client.get("/queue").text
    assert 'href="/studies/new"' in page
    assert f'action="/queue/{submitted.id}/pause"' in page
    client.post(f"/queue/{submitted.id}/priority", data={"priority": "7"})
    assert queueing.submission("new", settings.storage).priority == 7
    assert client.post(f"/queue/{submitted.id}/pause").status_code == 200
    assert state(settings) == "paused"
    assert client.post("/queue/999/pause").status_code == 404


def test_what_fills_a_quota_of_hours_has_no_button_that_would_be_refused(settings, monkeypatch):
    secret = "the-secret-of-ann-0000000001"
    monkeypatch.setenv("PARETOCAPS_TOKENS", f"ann:run:{secret}")
    for name, hours in (("free", None), ("counted", 1.0)):
        made = queueing.submit("study", name, {}, settings.storage, owner="ann", quota=Quota(hours=hours))
        with Store.open(settings.storage, create=False) as store:
            store.take_turn(made.id, "token", "host")
            store.join_turn(made.id, "token", 1)
            store.beat_turn(made.id, "token", 9.0)
            store.end_turn(made.id, "token", "failed", "no such folder")
    sent = {"Authorization": f"Bearer {secret}"}
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000", headers=sent) as ann:
        assert ann.get("/queue").text.count("/remove") == 1
        assert "/remove" in ann.get("/studies/free").text
        assert "/remove" not in ann.get("/studies/counted").text


@pytest.mark.parametrize(
    ("kind", "study", "path"),
    [
        ("study", "new", "/queue"),
        ("study", "new", "/studies/new"),
        ("study", "demo", "/studies/demo"),
        ("export", "demo", "/studies/demo"),
    ],
)
def test_what_runs_is_shown_before_it_told_what_it_does_and_then_with_that(
    client, settings, kind, study, path
):
    options = {"trial": 1} if kind == "export" else {"trials": 9}
    made = queueing.submit(kind, study, options, settings.storage)
    with Store.open(settings.storage, create=False) as store:
        store.take_turn(made.id, "token", "host")
        assert 'class="chip running"' in client.get(path).text
        store.join_turn(made.id, "token", 1)
        store.beat_turn(made.id, "token", 1.0, {"doing": "waits for a device"})
    assert "aits for a device" in client.get(path).text


def test_a_study_gets_more_trials(client, settings):
    client.post("/studies/demo/trials", data={"trials": "9"})
    (made,) = queueing.submissions(settings.storage, "demo")
    assert made.options["trials"] == 9
    assert client.post("/studies/demo/trials", data={"trials": "0"}).status_code == 422


@pytest.mark.parametrize(("name", "kind"), [("train", "training"), ("export", "export")])
def test_a_trial_is_trained_again_and_exported(client, settings, name, kind):
    answer = client.post(f"/studies/demo/trials/1/{name}", follow_redirects=False)
    assert answer.headers["location"] == "/studies/demo/trials/1#models"
    (made,) = queueing.submissions(settings.storage, "demo")
    assert (made.kind, made.options) == (kind, {"trial": 1})
    for page in ("/studies/demo", "/studies/demo/trials/1"):
        assert "Models" in client.get(page).text
    assert client.post(f"/studies/demo/trials/77/{name}").status_code == 404


def test_a_trial_is_trained_for_other_epochs_and_that_training_is_exported(client, settings):
    client.post("/studies/demo/trials/1/train", data={"epochs": "60"})
    (made,) = queueing.submissions(settings.storage, "demo")
    assert made.options == {"trial": 1, "epochs": 60}
    client.post("/studies/demo/trials/1/export", data={"training": str(made.id)})
    assert queueing.submissions(settings.storage, "demo")[-1].options == {"trial": 1, "training": made.id}
    assert client.post("/studies/demo/trials/1/train", data={"epochs": "0"}).status_code == 422
    refused = client.post("/studies/other/trials/0/export", data={"training": str(made.id)})
    assert refused.status_code == 404
    assert "is no training of trial 0 of study" in refused.text


def test_a_training_that_has_ended_is_shown_with_what_came_of_it(client, settings):
    result = {"folder": "trainings/1", "weights": "weights.pt", "acc": 0.9, "test_acc": 0.875, "time": 12.0}
    with Store.open(settings.storage, create=False) as store:
        made = queueing.submit("training", "demo", {"trial": 1}, store)
        store.take_turn(made.id, "token", "host")
        store.end_turn(made.id, "token", "ended", result={**result, "best_epoch": 2, "epochs": 3})
    page = client.get("/studies/demo").text
    assert "0.9000 validation accuracy, 0.8750 test accuracy after 2 of 3 epochs, 12 s of training" in page
    assert f'name="training" value="{made.id}"' in page
