"""What somebody does with the pages of the service: with the keyboard alone, too, and without a script."""

import io
import threading
import zipfile
from contextlib import contextmanager

import pytest
import uvicorn
from PIL import Image

from paretocaps import service
from paretocaps.web.api.app import create_app
from paretocaps.web.api.server import address, listening
from paretocaps.web.serve_settings import ServeSettings

PAGES = (
    "/",
    "/new",
    "/queue",
    "/data",
    "/studies/played",
    "/studies/played/trials",
    "/studies/played/trials/1",
)
SEEN = """
window.seen = new Set();
new MutationObserver((all) => all.forEach((one) => seen.add(one.target.textContent)))
  .observe(document.querySelector(".sending"), { subtree: true, childList: true });
"""
"""A script that keeps what an upload tells."""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The address of a service with one study and one that waits, and its token."""
    folder = tmp_path_factory.mktemp("service")
    storage = f"sqlite:///{folder}/played.db"
    spec = {"study": "played", "storage": storage, "trainer": "replay", "executor": "inline"}
    service.optimize(spec | {"dataset": "digits", "epochs": 5, "trials": 8, "share_device": True})
    settings = ServeSettings(storage=storage, folder=folder / "service", supervise=False)
    app, listener = create_app(settings), listening("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield address(listener).rstrip("/"), (folder / "service" / "token").read_text().strip()
    app.state.closing = server.should_exit = True
    thread.join()


@pytest.fixture
def signed_in(chromium, served):
    """Open a page as somebody with a token: `with signed_in("/new", width=390) as page`.

    The browser may tell of `errors` in its console, and of no others.
    """

    @contextmanager
    def open_page(path, width=1280, errors=(), **options):
        url, token = served
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        page, found = context.new_page(), []
        page.on("console", lambda said: found.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: found.append(str(error)))
        page.goto(f"{url}/login?next={path}")
        page.get_by_label("Token").fill(token)
        page.get_by_role("button", name="Enter").click()
        page.wait_for_url(url + path)
        yield page
        assert [one for one in found if not any(known in one for known in errors)] == []
        context.close()

    return open_page


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_its_window_and_can_be_used_by_everybody(signed_in, path, width):
    from axe_playwright_python.sync_playwright import Axe

    with signed_in(path, width) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert Axe().run(page).response["violations"] == []


def test_the_figures_of_a_study_are_drawn_in_three_and_two_dimensions(signed_in):
    with signed_in("/studies/played") as page:
        page.locator("#figures .js-plotly-plot .gl-container canvas").first.wait_for(state="attached")
        page.locator("#figures .js-plotly-plot .cartesianlayer").first.wait_for(state="attached")


def test_a_page_shows_what_has_changed_without_being_loaded_again(signed_in, served):
    with signed_in("/queue") as page:
        page.evaluate("window.kept = true")
        page.request.post(
            f"{served[0]}/api/v1/studies",
            data={"study": "later", "objectives": ["acc", "params"]},
            headers={"Authorization": f"Bearer {served[1]}"},
        )
        page.get_by_role("link", name="later").wait_for(timeout=20_000)
        assert page.evaluate("window.kept")


def test_a_study_is_submitted_with_the_keyboard_alone(signed_in, served):
    from playwright.sync_api import expect

    with signed_in("/new") as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.locator("#study").focus()
        page.keyboard.type("typed")
        size = page.locator("#preview .tile b").first
        before = size.inner_text()
        page.locator("#fix").focus()
        page.keyboard.type("lr_policy=fixed")
        expect(size).not_to_have_text(before, timeout=20_000)
        page.locator("#study").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"{served[0]}/studies/typed")


def test_without_a_script_the_numbers_and_the_buttons_are_there(signed_in, served):
    with signed_in("/studies/played", java_script_enabled=False) as page:
        assert page.locator("table.front tbody tr").count() > 1
        assert "the numbers are below" in page.locator("noscript").inner_text()
        page.get_by_role("button", name="Export it").click()
        assert page.locator("#models .chip").first.inner_text() == "queued"


def test_a_part_that_was_not_there_before_appears(signed_in, served):
    with signed_in("/studies/played") as page:
        page.evaluate("document.getElementById('recommended').remove()")
        page.locator("#recommended").wait_for(timeout=30_000)


@pytest.mark.parametrize("script", [True, False])
def test_somebody_signs_out_and_may_look_but_change_nothing(signed_in, served, script):
    with signed_in("/studies/played", width=390, java_script_enabled=script) as page:
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(f"{served[0]}/login")
        assert page.get_by_text("This browser has the token").count() == 0
        assert page.context.cookies() == []
        page.goto(f"{served[0]}/studies/played")
        assert page.get_by_role("link", name="Sign in").is_visible()
        assert page.get_by_role("button", name="Export it").count() == 0


def archive(side):
    """Return a zip file of two classes of 12 images."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for number in range(24):
            picture = io.BytesIO()
            Image.effect_noise((side, side), 60 + number).save(picture, "PNG")
            packed.writestr(f"{'cat' if number % 2 else 'dog'}/{number}.png", picture.getvalue())
    return made.getvalue()


def file(content):
    return {"name": "set.zip", "mimeType": "application/zip", "buffer": content}


def test_an_upload_is_shown_as_it_is_sent_and_keeps_what_was_typed_where_it_is_refused(signed_in, served):
    from playwright.sync_api import expect

    with signed_in("/data", errors=("422",)) as page:
        page.evaluate(SEEN)
        page.locator("#name").fill("pets")
        page.locator("#file").set_input_files(file(b"nothing"))
        page.get_by_role("button", name="Upload").click()
        expect(page.get_by_role("alert")).to_contain_text("is no archive", timeout=60_000)
        assert page.locator("#name").input_value() == "pets"
        assert page.evaluate("document.querySelector('#file').files.length") == 1
        assert page.locator(".sending").is_hidden()
        page.locator("#file").set_input_files(file(archive(400)))
        page.get_by_role("button", name="Upload").click()
        seen = page.wait_for_function(
            "window.seen?.has('Sent. Every image is being read.') && [...window.seen]"
        )
        assert any(" % of " in text for text in seen.json_value())
        page.get_by_text("upload:pets").wait_for(timeout=60_000)
        assert page.get_by_role("alert").count() == 0


def test_an_upload_is_cancelled(signed_in, served):
    with signed_in("/data") as page:
        page.route("**/data", lambda route: None if route.request.method == "POST" else route.continue_())
        page.locator("#name").fill("gone")
        page.locator("#file").set_input_files(file(b"nothing"))
        page.get_by_role("button", name="Upload").click()
        page.get_by_role("button", name="Cancel").click()
        assert page.locator(".sending").is_hidden()
        assert page.get_by_role("button", name="Upload").is_enabled()


def test_without_a_script_an_upload_works_and_keeps_what_was_typed(signed_in, served):
    with signed_in("/data", errors=("422",), java_script_enabled=False) as page:
        page.locator("#name").fill("plain")
        page.locator("#file").set_input_files(file(b"nothing"))
        page.get_by_role("button", name="Upload").click()
        page.get_by_role("alert").wait_for(timeout=60_000)
        assert page.locator("#name").input_value() == "plain"
        page.locator("#file").set_input_files(file(archive(8)))
        page.get_by_role("button", name="Upload").click()
        page.get_by_text("upload:plain").wait_for(timeout=60_000)
