import inspect
import json
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from paretocaps import service
from paretocaps.service.portable import WHOLE, loaded
from paretocaps.web.api.asked import Asked, Whole, as_json, in_json, told, view_of

NOTHING = {"objectives": None, "require": None, "measured_on": None, "scale_to": None, "all": False}
SLOW = "/report", "/events"  # one imports plotly, and one follows what happens


@pytest.fixture
def echo():
    """A client of an application that answers with what it was asked."""
    app = FastAPI()

    @app.get("/")
    def answer(view: Asked, whole: Whole):
        return in_json(as_json(view.given), whole)

    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize(
    ("query", "given"),
    [
        ("", {}),
        ("objectives=acc,time", {"objectives": "acc,time"}),
        ("require=acc>%3D0.98&require=time<%3D60", {"require": ["acc>=0.98", "time<=60"]}),
        ("all=true&measured_on=paper", {"all": True, "measured_on": "paper"}),
        ("scale_to=paper", {"scale_to": "paper"}),
    ],
)
def test_a_view_has_what_the_request_asks_for(echo, query, given):
    assert echo.get(f"/?{query}").json() == NOTHING | given


@pytest.mark.parametrize("of", [service.load_front, service.history, service.recommend, service.write_report])
def test_a_view_is_asked_by_the_arguments_of_each_use_case(of):
    assert set(NOTHING) == set(view_of().given)
    assert set(NOTHING) <= set(inspect.signature(of).parameters)


def test_equal_views_have_one_kept_answer():
    one, same, other = view_of(require=["acc>=0.9"]), view_of(require=["acc>=0.9"]), view_of(require=[])
    assert {one: "kept"}[same] == "kept"
    assert other not in {one, view_of()}, "no bounds are other than those of the study"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json"),
        ("text/html,application/json;q=0.9", "application/json"),
        (WHOLE, WHOLE),
        (f"{WHOLE}, application/json", WHOLE),
    ],
)
def test_an_answer_is_whole_where_that_is_asked_for_and_kept_apart(echo, accept, kind):
    answer = echo.get("/", headers={"Accept": accept})
    assert answer.headers["content-type"] == kind
    assert answer.headers["vary"] == "Accept", "else a cache gives one form for the other"


def test_what_can_be_had_whole_is_described_so(client):
    """And nothing else: a program that asks for all in that form sees by the type what it got."""
    seen = set()
    for path, methods in client.get("/api/v1/openapi.json").json()["paths"].items():
        asked = path.replace("{study}", "demo").replace("{number}", "0")
        if "get" in methods and "{" not in asked and not asked.endswith(SLOW):
            answer = client.get(asked, headers={"Accept": WHOLE}, follow_redirects=False)
            described = WHOLE in methods["get"]["responses"]["200"].get("content", {})
            assert (answer.headers["content-type"] == WHOLE) == described, path
            seen.add(described)
    assert seen == {True, False}


@dataclass(frozen=True)
class Found:
    """What a use case may return."""

    trials: tuple[int, ...]

    def as_dict(self):
        return {"trials": len(self.trials)}


def test_what_was_found_is_told_as_by_the_command_line_or_whole():
    one, two = Found((1, 2)), Found((3,))
    assert told(one, whole=False) == {"trials": 2}
    assert told([one, two], whole=False) == [{"trials": 2}, {"trials": 1}]
    assert loaded(Found, json.loads(as_json(told(one, whole=True)))) == one
    assert [loaded(Found, each) for each in json.loads(as_json(told([one, two], whole=True)))] == [one, two]


def test_json_is_short_and_has_moments_as_text():
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    assert as_json({"größe": [1, 0.5], "at": moment}).decode() == (
        '{"größe":[1,0.5],"at":"2026-01-02 00:00:00+00:00"}'
    )
