import json

import pytest

from paretocaps import service
from paretocaps.storage.store import Store
from paretocaps.web.api import models

VIEW = {"objectives": "acc,params", "require": ["acc>=0.1", "params<=500k"]}


def as_json(value):
    return json.loads(json.dumps(value, default=str))


def test_studies_are_those_of_the_command(client, url):
    answer = client.get("/api/v1/studies").json()
    assert answer == service.studies(url)
    assert [models.StudyRow.model_validate(row).study for row in answer] == ["demo", "other"]


def test_a_list_of_studies_tells_no_folders_of_the_machine(client, monkeypatch):
    (row, *_) = service.studies(client.app.state.settings.storage)
    monkeypatch.setattr(service, "studies", lambda _: [row | {"data": "/home/me/images/cats"}])
    assert client.get("/api/v1/studies").json()[0]["data"] == "cats"


@pytest.mark.parametrize("view", [{}, VIEW, {"all": True}])
def test_a_front_is_that_of_the_command(client, url, view):
    answer = client.get("/api/v1/studies/demo/front", params=view).json()
    assert answer == as_json(service.load_front("demo", url, **view).as_dict())
    models.Front.model_validate(answer)


def test_a_history_is_that_of_the_command(client, url):
    answer = client.get("/api/v1/studies/demo/history", params=VIEW).json()
    assert answer == service.history("demo", url, **VIEW)


def test_a_recommendation_is_that_of_the_command(client, url):
    answer = client.get("/api/v1/studies/demo/recommendation", params={**VIEW, "prefer": "acc=1,params=0"})
    found = service.recommend("demo", url, **VIEW, preferences={"acc": 1.0, "params": 0.0})
    assert answer.json() == as_json(found.as_dict())
    models.Recommendation.model_validate(answer.json())


def test_trials_have_their_states_and_values(client, url):
    rows = client.get("/api/v1/studies/demo/trials").json()
    assert rows == as_json(service.trials("demo", url))
    assert [models.TrialRow.model_validate(row).trial for row in rows] == list(range(len(rows)))
    assert {row["state"] for row in rows} == {"finished"}


def test_a_trial_has_its_trainings_by_epoch(client):
    answer = client.get("/api/v1/studies/demo/trials/0").json()
    models.TrialDetail.model_validate(answer)
    (training,) = answer["trainings"]
    assert [epoch["epoch"] for epoch in training["epochs"]] == [1, 2, 3]
    assert answer["acc"] == max(epoch["acc"] for epoch in training["epochs"])


def test_a_space_is_that_of_the_command(client, url):
    assert client.get("/api/v1/studies/demo/space").json() == as_json(service.space("demo", url).as_dict())


@pytest.mark.parametrize(
    "path", ["", "/demo/front", "/demo/recommendation", "/demo/history", "/demo/trials", "/demo/space"]
)
def test_the_open_database_answers(client, monkeypatch, path):
    monkeypatch.setattr(Store, "open", lambda *_, **__: pytest.fail("the database was opened again"))
    assert client.get(f"/api/v1/studies{path}").status_code == 200


@pytest.mark.slow  # imports plotly
def test_a_report_is_a_page_whose_scripts_reach_nothing_of_the_service(client, monkeypatch):
    monkeypatch.setattr(Store, "open", lambda *_, **__: pytest.fail("the database was opened again"))
    answer = client.get("/api/v1/studies/demo/report")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"].startswith("sandbox allow-scripts")
    assert "demo" in answer.text


@pytest.mark.parametrize("path", ["front", "trials", "trials/0", "history", "recommendation", "space"])
def test_a_study_that_is_not_there_is_told_as_by_the_command(client, path):
    answer = client.get(f"/api/v1/studies/nobody/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith("no study 'nobody'")


@pytest.mark.parametrize(
    ("path", "params", "status", "told"),
    [
        ("front", {"require": "acc"}, 422, "'acc'"),
        ("front", {"objectives": "acc,nothing"}, 422, "'nothing'"),
        ("front", {"require": "acc>=0.1", "all": True}, 422, "give one of them"),
        ("recommendation", {"prefer": "acc"}, 422, "write it like acc=0.6,time=0.4"),
        ("trials/99", {}, 404, "99"),
        ("trials/x", {}, 422, "number='x' is not allowed: it should be a whole number"),
    ],
)
def test_what_is_wrong_is_told_as_by_the_command(client, path, params, status, told):
    answer = client.get(f"/api/v1/studies/demo/{path}", params=params)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert told in answer.json()["detail"]
