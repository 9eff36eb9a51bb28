"""Our part of the dashboard in a real browser; what axe-core finds in the rest of it is listed here."""

import threading

import pytest

from paretocaps import service
from paretocaps.domain.trainer import TRAINERS
from paretocaps.testing.probe import PROBE
from paretocaps.web.dashboard import dashboard_server

pytestmark = pytest.mark.filterwarnings("ignore")  # Optuna's importance of few trials warns
FIGURE = '[id^="user-defined-plot:"]'
WIDTHS = pytest.mark.parametrize("width", [1280, 390])


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Return the address of a study in the dashboard."""
    if "probe" not in TRAINERS:
        TRAINERS.register("probe", PROBE)
    storage = str(tmp_path_factory.mktemp("dashboard") / "studies.db")
    service.optimize(
        study="demo", storage=storage, trainer="probe", executor="inline", trials=6, epochs=2, require=()
    )
    with dashboard_server(storage, port=0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"{server.url}dashboard/studies/1"
        server.shutdown()
        thread.join()


@pytest.fixture
def shown(chromium, served):
    """Return a function that opens a page of the study at a width, and waits until `what` is there."""
    pages = []

    def show(path="", width=1280, what=f"{FIGURE} .main-svg"):
        page = chromium.new_page(viewport={"width": width, "height": 900})
        pages.append(page)
        page.errors, page.asked = [], []
        page.on("console", lambda said: page.errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(served + path)
        page.wait_for_selector(what, timeout=60_000)
        return page

    yield show
    for page in pages:
        page.close()


@WIDTHS
def test_our_figures_are_on_the_first_screen_without_an_error_or_another_server(shown, served, width):
    page = shown(width=width)
    first = page.locator(FIGURE).first
    box = first.bounding_box()
    assert box["y"] < 200
    assert box["x"] + box["width"] <= width
    assert "knee: trial" in first.inner_text()
    assert page.errors == []
    own = served.partition("/dashboard")[0]
    assert [url for url in page.asked if not url.startswith((own, "data:", "blob:"))] == []


def test_a_trial_has_its_note_and_files(shown):
    page = shown("/trials?numbers=0", what="text=Beside the baseline")
    assert page.get_by_text("curves.csv").is_visible()
    page.get_by_role("link", name="Report").click()
    page.wait_for_load_state()
    assert "demo" in page.title()


@pytest.mark.parametrize(("path", "ours"), [("", FIGURE), ("/note", ".MuiCardContent-root")])
def test_axe_finds_nothing_serious_in_our_figures_and_notes(shown, path, ours):
    from axe_playwright_python.sync_playwright import Axe

    page = shown(path, what=ours)
    if path == "":
        page.wait_for_selector(f"{FIGURE} .main-svg")
    theirs = [[".modebar"], ["button"]]  # buttons of plotly and of the dashboard, which have no names
    found = Axe().run(page, context={"include": [[ours]], "exclude": theirs}).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


OTHERS = {"button-name", "label", "color-contrast", "aria-input-field-name", "list"}
"""What axe-core finds in optuna-dashboard itself: buttons and fields without a name, pale text, odd lists."""


def test_what_axe_finds_in_the_dashboard_itself_is_listed(shown):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(shown()).response["violations"]
    assert {one["id"] for one in found if one["impact"] in ("serious", "critical")} <= OTHERS
