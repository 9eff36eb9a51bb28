import sqlite3
from pathlib import Path

import pytest

from paretocaps.exporting.predict import Prediction
from paretocaps.service.predicting import GivenImages
from paretocaps.web.pages import classifying
from paretocaps.web.pages.classifying import picture

PNG = b"\x89PNG and so on"


def test_a_trial_that_was_not_exported_says_so(client, store):
    kept = {t.number: any(one.weights for one in t.attempts) for t in store.trials("demo")}
    assert {*kept.values()} == {True, False}  # of a front's member, and of others
    for trial, has_weights in kept.items():
        page = client.get(f"/studies/demo/trials/{trial}").text
        assert ("Export it first" in page) == ("Export it</button>" in page) == has_weights
        assert ("It has no weights" in page) == (not has_weights)
    answer = client.post("/studies/demo/trials/0/predict", files={"images": ("a.png", PNG)})
    assert answer.status_code in (404, 409)
    assert 'class="alert"' in answer.text
    assert "export" in answer.text
    again = client.get("/studies/demo/trials/0/predict", follow_redirects=False)
    assert (again.status_code, again.headers["location"]) == (303, "/studies/demo/trials/0")


def test_weights_on_another_machine_can_be_asked_for(client, settings, store):
    trial = next(t.number for t in store.trials("demo") if any(one.weights for one in t.attempts))
    (attempt,) = store.trial("demo", trial).attempts
    attempt.weights.unlink()
    page = client.get(f"/studies/demo/trials/{trial}").text
    assert "It has no weights" in page
    database = settings.storage.removeprefix("sqlite:///")
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE paretocaps_attempts SET host = 'another'")
    page = client.get(f"/studies/demo/trials/{trial}").text
    assert "Export it</button>" in page
    assert "It has no weights" not in page


def test_images_are_shown_with_what_they_are(client, monkeypatch, tmp_path):
    monkeypatch.setattr(classifying, "export_of", lambda *_: tmp_path)
    found = [Prediction(Path("a.png"), "seven", 0.9, {"seven": 0.9, "one": 0.1})]
    monkeypatch.setattr(GivenImages, "classified", lambda *_: found)
    page = client.post("/studies/demo/trials/0/predict", files={"images": ("a.png", PNG)}).text
    assert "seven 90.0 %" in page
    assert 'src="data:image/png;base64,' in page


@pytest.mark.parametrize(
    ("content", "start"),
    [
        (PNG, "data:image/png;"),
        (b"<svg/>", ""),
        (PNG + bytes(400_000), ""),
        (b"\xff\xd8\xff\xe0", "data:image/jpeg;"),
    ],
)
def test_only_small_pictures_that_browsers_show_are_repeated(content, start):
    assert picture(content).startswith(start)
    assert bool(picture(content)) == bool(start)
