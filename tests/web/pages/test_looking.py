import re
from dataclasses import replace
from datetime import timedelta

import pytest

from paretocaps.service import queueing
from paretocaps.storage.store import Store


def texts(answer):
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_the_first_page_has_every_study_with_its_numbers(client):
    client.get("/", headers={"Sec-Fetch-Dest": "empty"})  # reads the fronts: one takes longer than the others
    shown = texts(client.get("/"))
    for said in ("demo", "other", "complete", "acc, time, params", "digits", "2 studies"):
        assert said in shown
    assert re.search(r"demo complete 5 \d \S+ acc, time, params digits", shown)


def test_the_first_page_counts_what_it_lists(client, settings):
    key = queueing.submit("study", "new", {"trials": 3}, settings.storage).id
    queueing.submit("study", "other", {"trials": 9}, settings.storage)
    assert "3 studies 0 running 2 waiting" in texts(client.get("/"))
    with Store.open(settings.storage, create=False) as store:
        store.take_turn(key, "token", "here")
    shown = texts(client.get("/"))
    assert "3 studies 1 running 1 waiting" in shown
    assert "new running 0 of 3" in shown
    assert "other queued" in shown


def test_a_page_that_is_opened_does_not_wait_for_fronts_and_its_script_does(client, monkeypatch):
    asked = []
    overview = client.app.state.readers.overview
    monkeypatch.setattr(overview, "lines", lambda seconds: asked.append(seconds) or [])
    for headers in ({"Sec-Fetch-Dest": "document"}, {"Sec-Fetch-Dest": "empty"}):
        client.get("/", headers=headers)
    assert asked == [0.03, None]


def test_a_study_has_its_front_and_its_recommended_member_without_a_script(client):
    shown = texts(client.get("/studies/demo"))
    for said in ("5 of 5 trials", "Recommended: trial", "beside the baseline", "Train it", "All trials"):
        assert said in shown


def test_a_study_reads_its_own_submissions_once_and_no_other_studys(client, settings, monkeypatch):
    for number in range(3):
        queueing.submit("study", f"waits-{number}", {"trials": 3}, settings.storage)
    queueing.submit("export", "demo", {"trial": 1}, settings.storage)
    read = []

    def submissions(self, study=None, *states, **more):
        read.append((study, *states, *more.values()))
        return found(self, study, *states, **more)

    found = Store.submissions
    monkeypatch.setattr(Store, "submissions", submissions)
    assert "Models" in texts(client.get("/studies/demo"))
    assert [study for study, *_ in read if study] == ["demo"]
    assert [states for study, states in read if study is None] == [("queued", "running")], "its place"
    read.clear()
    assert client.post("/studies/waits-1/stop", follow_redirects=False).status_code == 303
    assert [study for study, *_ in read if study] == []


def test_what_became_of_a_submission_is_told_until_optimize_goes_on(client, settings, monkeypatch):
    asked = queueing.submit("study", "demo", {"trials": 9}, settings.storage)
    with Store.open(settings.storage, create=False) as store:
        store.take_turn(asked.id, "token", "here")
        store.end_turn(asked.id, "token", "failed", reason="the disk is full")
        assert "the disk is full" in texts(client.get("/studies/demo"))
        last = store.latest_trials("demo")
    latest = [replace(one, created=one.created + timedelta(days=9)) for one in last]
    monkeypatch.setattr(Store, "latest_trials", lambda *_, **__: latest)
    assert "the disk is full" not in texts(client.get("/studies/demo"))


def test_the_figures_of_a_study_are_a_part_of_its_page_that_the_script_asks_for(client):
    page, figures = client.get("/studies/demo"), client.get("/studies/demo/figures")
    assert 'data-figures="/studies/demo/figures"' in page.text
    assert "scatter3d" not in page.text
    assert figures.text.count("<figure") >= 4
    assert "scatter3d" in figures.text


def test_the_trials_of_a_study_are_listed_by_state(client):
    shown = texts(client.get("/studies/demo/trials"))
    assert "all 5" in shown
    assert "finished 5" in shown
    assert "page 1 of 1" in shown
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("paretocaps.web.pages.looking.PAGE", 2)
        assert re.search(r'href="\?page=2">Earlier<', client.get("/studies/demo/trials").text)
    assert client.get("/studies/demo/trials?state=failed").text.count("<tr>") == 1
    assert client.get("/studies/demo/trials?page=9").status_code == 200


def test_a_trial_has_its_values_choices_and_epochs(client):
    shown = texts(client.get("/studies/demo/trials/0"))
    for said in ("validation accuracy", "3 of 3 epochs", "Choices", "Measured"):
        assert said in shown


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/studies/nope", 404, "no study &#39;nope&#39; (known: demo, other)"),
        ("/studies/nope/figures", 404, "no study"),
        ("/studies/demo/trials/99", 404, "99"),
        ("/studies/demo/trials/x", 422, "trial=&#39;x&#39; is not allowed"),
        ("/studies/demo/trials?state=lost", 422, "state=&#39;lost&#39; is not allowed"),
    ],
)
def test_what_is_refused_is_told_on_a_page_with_the_text_of_the_command_line(client, path, status, detail):
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert detail in answer.text


def test_a_name_that_is_no_markup_and_no_path_is_shown_and_linked_as_it_is(client, url):
    with Store.open(url, create=False) as store:
        store.copy_study("other", '<b>&"?#%')
    page = client.get("/")
    assert "&lt;b&gt;&amp;&#34;?#%" in page.text
    link = re.search(r'href="(/studies/%3Cb[^"]*)"', page.text)[1]
    assert client.get(link).status_code == 200


def test_who_has_no_token_looks_and_is_shown_no_buttons(reader):
    for path in ("/", "/studies/demo", "/studies/demo/trials/0", "/queue", "/data"):
        page = reader.get(path)
        assert page.status_code == 200
        assert 'href="/login"' in page.text
        assert '<form method="post"' not in page.text
    assert 'type="submit" disabled' in reader.get("/new").text


def test_who_has_a_token_can_sign_out_on_every_page_whatever_it_may(client, settings):
    for path in ("/", "/studies/demo", "/queue", "/data", "/new", "/studies/nope"):
        assert (
            '<form method="post" action="/logout"><button>Sign out</button></form>' in client.get(path).text
        )


def test_a_study_shows_how_many_trials_its_submission_asks_for(client, settings):
    queueing.submit("study", "demo", {"trials": 48}, settings.storage)
    page = client.get("/studies/demo").text
    assert 'name="trials" min="5" value="48"' in page
    assert "of 48" in page
    assert "demo queued 5 of 48" in texts(client.get("/"))


def test_the_seconds_of_a_study_are_added_up_once_as_long_as_nothing_happens(client, monkeypatch):
    asked, seconds = [], Store.training_seconds

    def counted(*given):
        asked.append(given)
        return seconds(*given)

    monkeypatch.setattr(Store, "training_seconds", counted)
    for _ in range(3):
        assert client.get("/studies/demo").status_code == 200
    assert len(asked) == 1
    client.app.state.readers.store.notify("demo", "notice", {"text": "more"})
    for _ in range(1000):  # they are kept for a few times as long as they took
        client.get("/studies/demo")
        if len(asked) > 1:
            break
    assert len(asked) == 2


def test_a_study_that_is_made_anew_has_its_own_seconds(client):
    kept = client.app.state.readers.seconds
    store = client.app.state.readers.store
    kept.get(("demo", None), store.last_event("demo"), lambda: 12345.0)
    assert client.get("/studies/demo").status_code == 200
    assert len(kept._places) == 2


def test_a_notice_of_a_former_version_with_any_characters_is_shown(client, settings):
    key = queueing.submit("study", "demo", {"trials": 9}, settings.storage).id
    with Store.open(settings.storage, create=False) as store:
        store.take_turn(key, "token", "here")
        store.notify("demo", "notice", {"text": "caf\udce9.png is corrupt"})
    assert "Caf\\udce9.png is corrupt" in texts(client.get("/studies/demo"))
