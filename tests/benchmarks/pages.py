"""The group of `measure.py` about how soon pages show what they are for, in a real Chromium."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from driving import STUDY
from figures import Figure, environment, figure, own_process, timed
from serving import Served

STUDIES, TRIALS = 200, 5_000
RUNS = 5
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime / 1000"
_DRAWN = ".js-plotly-plot .main-svg"
_OF_DASHBOARD = '[id^="user-defined-plot:"] .main-svg'


def pages(folder: Path) -> list[Figure]:
    """Measure the service's pages, the report and the dashboard; nothing where there is no browser."""
    names = ("chromium", "chromium-browser", "google-chrome")
    place = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        place = None
    if place is None:
        print("pages: nothing is measured, playwright or a Chromium is not installed")
        return []
    few, many = folder / "few", folder / "many"
    for own in (few, many):
        (own / "studies").mkdir(parents=True)
    own_process("pages", f"pages.copies({str(few)!r})")
    url = f"sqlite:///{many}/studies/paretocaps.db"
    own_process("driving", f"driving.drive({str(many)!r}, {url!r}, trials=10)")
    own_process("driving", f"driving.grow({str(many)!r}, {url!r}, {TRIALS})")
    timed(["report", STUDY, "--all", "--storage", url], many)
    (report,) = (many / "reports").glob("*.html")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=place)
        found = [*_of_service(browser, few, many), *_of_report(browser, report)]
        found += _of_dashboard(browser, many)
        browser.close()
    return found


def copies(folder: str) -> None:
    """Play a study and copy it, until there are `STUDIES` in the folder's database."""
    from paretocaps import service
    from paretocaps.service import managing

    storage = f"sqlite:///{folder}/studies/paretocaps.db"
    spec = {"study": "played", "storage": storage, "trainer": "replay", "executor": "inline"}
    service.optimize(spec | {"dataset": "digits", "epochs": 5, "trials": 8, "share_device": True})
    for number in range(1, STUDIES):
        managing.copy("played", f"played-{number:03d}", storage)


def _of_service(browser: Any, few: Path, many: Path) -> list[Figure]:
    with Served(few) as served:
        first, painted = _painted(browser, served.url)
    with Served(many) as served:
        of_study = f"{served.url}studies/{STUDY}"
        first_of_study, painted_of_study = _painted(browser, of_study)
        drawn = [_seconds(browser, of_study, _DRAWN) for _ in range(RUNS)]
    overview = f"`/` with {STUDIES} studies: first contentful paint"
    page = f"page of a study of {TRIALS:,} trials:"
    return [
        figure(overview, painted, "s", "at most 0.5 s"),
        figure(f"{overview} after a start of the service", first, "s", ""),
        figure(f"{page} first contentful paint", painted_of_study, "s", "at most 2 s"),
        figure(f"{page} first contentful paint after a start of the service", first_of_study, "s", ""),
        figure(f"{page} first figure drawn", drawn, "s", "at most 2 s"),
    ]


def _of_report(browser: Any, report: Path) -> list[Figure]:
    drawn = [_seconds(browser, report.as_uri(), _DRAWN) for _ in range(RUNS)]
    what = f"report of {TRIALS:,} trials"
    return [
        figure(f"{what}: first figure drawn", drawn, "s", "at most 2 s"),
        figure(f"{what}: its size", report.stat().st_size / 1e6, "MB", "at most 10 MB"),
    ]


def _of_dashboard(browser: Any, many: Path) -> list[Figure]:
    with _dashboard(many) as url:
        drawn = [_seconds(browser, f"{url}dashboard/studies/1", _OF_DASHBOARD) for _ in range(RUNS)]
    return [figure(f"dashboard at {TRIALS:,} trials: our first figure drawn", drawn, "s", "at most 10 s")]


@contextmanager
def _dashboard(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "paretocaps", "dashboard", "--port", "0"]
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment()
    )
    assert process.stdout is not None
    while "http://" not in (line := process.stdout.readline()):
        assert line, "the dashboard ended"
    yield line[line.index("http://") :].split()[0].removesuffix("dashboard/")
    process.terminate()
    process.wait(60)


def _painted(browser: Any, url: str) -> tuple[float, list[float]]:
    """Return the first contentful paint of the first page, and those of the following ones, in s."""

    def wait(page: Any) -> float:
        return float(page.wait_for_function(_PAINTED).json_value())

    found = [_opened(browser, url, wait) for _ in range(1 + RUNS)]
    return found[0], found[1:]


def _seconds(browser: Any, url: str, selector: str) -> float:
    """Return the seconds from asking for a page until something in it is there."""
    began = time.perf_counter()

    def wait(page: Any) -> float:
        page.locator(selector).first.wait_for(state="attached", timeout=60_000)
        return time.perf_counter() - began

    return _opened(browser, url, wait)


def _opened(browser: Any, url: str, look: Callable[[Any], float]) -> float:
    """Return what `look` finds in a page, in a context without a cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)  # we look inside
    page = context.new_page()
    page.goto(url, wait_until="commit")
    found = look(page)
    context.close()
    return found
