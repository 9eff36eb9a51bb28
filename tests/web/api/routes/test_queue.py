from paretocaps.service import queueing
from paretocaps.storage.store import Store


def submitted(settings, *names):
    options = {"trials": 9}
    return [queueing.submit("study", name, options, settings.storage).id for name in names]


def test_an_empty_queue_is_an_empty_list(client):
    assert client.get("/api/v1/queue").json() == []


def test_a_submission_that_is_not_there_is_a_problem(client):
    answer = client.get("/api/v1/queue/7")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_a_submission_without_a_study_is_removed_with_its_log_once_it_has_ended(client, settings):
    (asked,) = submitted(settings, "new")
    log = settings.folder / "logs" / f"submission-{asked}.log"
    log.parent.mkdir()
    log.touch()
    refused = client.delete(f"/api/v1/queue/{asked}")
    assert (refused.status_code, refused.json()["detail"].endswith("is queued: stop it first")) == (409, True)
    client.post("/api/v1/studies/new/stop")
    for path in ("/queue", "/studies/new"):
        assert f'action="/queue/{asked}/remove"' in client.get(path).text
    assert client.delete(f"/api/v1/queue/{asked}").status_code == 204
    assert not log.exists()
    assert client.get("/api/v1/queue?all=true").json() == []
    assert client.get("/studies/new").status_code == 404
    assert client.delete(f"/api/v1/queue/{asked}").status_code == 404
    with Store.open(settings.storage, create=False) as store:
        assert store.events("new") == []


def test_a_submission_of_a_stored_study_is_deleted_with_that(client, settings):
    (asked,) = submitted(settings, "demo")
    client.post("/api/v1/studies/demo/stop")
    assert "is removed with its study alone" in client.delete(f"/api/v1/queue/{asked}").json()["detail"]
    assert f"/queue/{asked}/remove" not in client.get("/queue").text


def test_a_long_list_is_read_in_parts(client, settings):
    first, second, third, fourth = submitted(settings, "a", "b", "c", "d")
    for name in "ac":
        client.post(f"/api/v1/studies/{name}/stop")
    listed = [one["id"] for one in client.get("/api/v1/queue?all=true").json()]
    assert listed == [second, fourth, third, first]
    parts = [client.get(f"/api/v1/queue?all=true&limit=1&offset={n}").json() for n in range(5)]
    assert [[one["id"] for one in part] for part in parts] == [[n] for n in listed] + [[]]
    assert [one["id"] for one in client.get("/api/v1/queue?limit=1&offset=1").json()] == [fourth]
    assert client.get("/api/v1/queue?limit=0").status_code == 422
