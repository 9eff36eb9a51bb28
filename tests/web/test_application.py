import json

import pytest

from paretocaps.web.application import Application
from paretocaps.web.attachments import attachments


@pytest.fixture
def ask(views):
    """Return a function that asks the application for a path, and returns status, headers and content."""

    def optuna(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", "13")])
        return [b"<head></head>"]

    application = Application(optuna, views)

    def ask(path, query="", method="GET"):
        told = []
        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query}
        content = b"".join(application(environ, lambda *given: told.extend(given)))
        return told[0], dict(told[1]), content

    return ask


def test_a_study_has_our_part(ask, optuna_side):
    key = optuna_side.get_study_id_from_name("demo")
    status, headers, content = ask(f"/api/studies/{key}", "after=2")
    assert (status, headers["Content-Length"]) == ("200 OK", str(len(content)))
    detail = json.loads(content)
    assert [one["number"] for one in detail["trials"]] == [2, 3, 4]
    figures = {one["id"]: json.loads(one["graph_object"]) for one in detail["plotly_graph_objects"]}
    assert next(iter(figures)) == "front-acc-time-params"
    assert "knee: trial " in figures["front-acc-time-params"]["layout"]["title"]["text"]
    assert figures["front-acc-time"]["layout"]["height"] == 450
    assert f"/paretocaps/report/{key}" in detail["note"]["body"]


def test_the_page_gets_our_styles_and_other_requests_are_optunas(ask):
    _, headers, page = ask("/dashboard/studies/1")
    assert page == b'<head><link rel="stylesheet" href="/paretocaps/dashboard.css"></head>'
    assert headers["Content-Length"] == str(len(page))
    assert ask("/paretocaps/dashboard.css")[2].startswith(b"/* Our figures come first")
    for path, method in (("/api/studies", "GET"), ("/api/studies/99", "DELETE"), ("/api/studies/99", "GET")):
        assert ask(path, method=method)[2] == b"<head></head>"


def test_half_of_a_study_is_neither_deleted_nor_renamed(ask, optuna_side):
    key = optuna_side.get_study_id_from_name("demo")
    for path, method, word in (
        (f"/api/studies/{key}", "DELETE", "delete"),
        (f"/api/studies/{key}/rename", "POST", "rename"),
    ):
        status, _, content = ask(path, method=method)
        assert status == "409 Conflict"
        assert f"use `paretocaps {word} demo`" in json.loads(content)["reason"]
    assert ask("/api/studies", method="POST")[2] == b"<head></head>"


def test_files_are_sent_by_their_key(ask, views, optuna_side):
    key = optuna_side.get_study_id_from_name("demo")
    trial = optuna_side.get_trial_id_from_study_id_trial_number(key, 0)
    (curves, *_) = attachments(*views.trial(key, trial))
    status, headers, content = ask(f"/artifacts/{key}/{trial}/{curves.key}")
    assert (status, headers["Content-Type"]) == ("200 OK", "text/csv")
    assert content.startswith(b"seed,epoch")
    assert ask(f"/artifacts/{key}/{trial}/0000-0000")[2] == b"<head></head>"


@pytest.mark.slow  # draws all figures
def test_the_report_is_linked(ask, optuna_side):
    key = optuna_side.get_study_id_from_name("demo")
    status, headers, page = ask(f"/paretocaps/report/{key}")
    assert (status, headers["Content-Type"]) == ("200 OK", "text/html; charset=utf-8")
    assert b"demo" in page
    assert ask("/paretocaps/report/99")[0] == "404 Not Found"
