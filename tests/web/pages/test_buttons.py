import pytest

from paretocaps.service import queueing


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


def test_a_study_gets_more_trials(client, settings):
    client.post("/studies/demo/trials", data={"trials": "9"})
    (made,) = queueing.submissions(settings.storage, "demo")
    assert made.options["trials"] == 9
    assert client.post("/studies/demo/trials", data={"trials": "0"}).status_code == 422


@pytest.mark.parametrize(("name", "kind"), [("train", "training"), ("export", "export")])
def test_a_trial_is_trained_again_and_exported(client, settings, name, kind):
    answer = client.post(f"/studies/demo/trials/1/{name}", follow_redirects=False)
    assert answer.headers["location"] == "/studies/demo/trials/1"
    (made,) = queueing.submissions(settings.storage, "demo")
    assert (made.kind, made.options) == (kind, {"trial": 1})
    for page in ("/studies/demo", "/studies/demo/trials/1"):
        assert "Models" in client.get(page).text
    assert client.post(f"/studies/demo/trials/77/{name}").status_code == 404
