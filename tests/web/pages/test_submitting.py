import html
import re

from paretocaps.service import queueing

NEW = {"study": "web", "images": "dataset:digits", "objectives": ["acc", "params"], "trials": "3"}


def test_the_form_shows_the_space_of_the_study_and_its_size(client):
    page = client.get("/new")
    assert page.status_code == 200
    assert "What it searches" in page.text
    assert "lr_policy" in page.text
    assert page.text.count('id="space"') == 1, "the script renews it when the trainer changes"
    fewer = client.post("/new/preview", data={**NEW, "fix": "lr_policy=fixed"})
    sizes = [int(re.search(r"<b>([\d,]+)</b>", one.text)[1].replace(",", "")) for one in (page, fewer)]
    assert sizes[1] < sizes[0]
    assert 'value="web"' in fewer.text


def test_a_preview_tells_what_would_be_refused(client):
    page = client.post("/new/preview", data={**NEW, "fix": "lr_polcy=fixed"})
    assert page.status_code == 200
    assert "lr_polcy" in page.text
    assert "did you mean" in page.text


def test_a_study_is_submitted_with_the_form_and_leads_to_its_page(client, settings):
    answer = client.post("/new", data={**NEW, "priority": "2"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/studies/web")
    (made,) = queueing.submissions(settings.storage)
    assert (made.study, made.kind, made.priority) == ("web", "study", 2)
    assert made.options["objectives"] == ["acc", "params"]
    page = client.get("/studies/web")
    assert "place 1 in the" in page.text
    assert "objectives" in page.text
    assert "web" in client.get("/").text


def test_what_is_refused_comes_back_with_the_reason_and_all_that_was_filled_in(client):
    answer = client.post("/new", data={**NEW, "trials": "many"})
    assert answer.status_code == 422
    assert "trials=&#39;many&#39; is not allowed" in answer.text
    assert 'value="web"' in answer.text


def test_a_study_file_is_submitted_as_it_is(client, settings):
    own = 'study = "file"\nobjectives = ["acc", "params"]\n[fix]\nlr_policy = "fixed"\n'
    text = f"{own}[scale.cpu]\ntrials = 1\n"
    answer = client.post("/new/file", data={"toml": text}, follow_redirects=False)
    assert answer.headers["location"] == "/studies/file"
    (made,) = queueing.submissions(settings.storage)
    assert made.options["fix"] == {"lr_policy": "fixed"}
    broken = client.post("/new/file", data={"toml": "study ="})
    assert broken.status_code == 422
    assert "not valid TOML" in broken.text


def test_what_was_typed_comes_back_as_it_was(client):
    text = 'study = "p"\ndata = "/mnt/sets/pets"\n[fix]\nmy_token = "a<b>&"\npassword = "x"\n'
    answer = client.post("/new/file", data={"toml": text})
    assert answer.status_code == 422
    shown = re.search(r"<textarea id=\"toml\"[^>]*>(.*?)</textarea>", answer.text, re.DOTALL)[1]
    assert html.unescape(shown) == text
    typed = {**NEW, "trials": "many", "parts": "train=/a/b"}
    again = client.post("/new", data=typed).text
    assert 'value="train=/a/b"' in again
