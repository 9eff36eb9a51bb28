"""Keep the pages that `reproduce` wrote to a folder in docs/evidence: `python docs/papers.py FOLDER`.

They share one plotly.js there; each has its figures as JSON and its picture beside it. Playwright uses the
Chromium that is installed.
"""

import json
import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright
from plotly.offline import get_plotlyjs_version

from paretocaps.report.plotly_script import plotly_script

EVIDENCE = Path(__file__).parent / "evidence"
SCRIPT = f"plotly-{get_plotlyjs_version()}.min.js"
INLINE = re.compile(r'<script id="plotly">.*?</script>', re.DOTALL)


def main(folder: Path) -> None:
    """Keep every page of a folder."""
    EVIDENCE.mkdir(exist_ok=True)
    (EVIDENCE / SCRIPT).write_text(plotly_script(), encoding="utf-8")
    kept = [keep(file) for file in sorted(folder.glob("*.json")) if file.with_suffix(".html").exists()]
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for place in kept:
            page = opened.new_page(viewport={"width": 1100, "height": 900})
            page.goto(place.as_uri())
            height = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": 1100, "height": height})  # figures are drawn where they are seen
            page.wait_for_timeout(4_000)
            page.screenshot(path=place.with_suffix(".png"), full_page=True)
            print(f"{place}: {place.stat().st_size:,} bytes")
        opened.close()


def keep(figures: Path) -> Path:
    """Keep one page and its figures, and return the page."""
    run = json.loads(figures.read_text(encoding="utf-8"))
    place = EVIDENCE / f"{run['table']}-{run['scale']}.html"
    shutil.copy(figures, place.with_suffix(".json"))
    page = figures.with_suffix(".html").read_text(encoding="utf-8")
    shared, count = INLINE.subn(f'<script src="{SCRIPT}"></script>', page)
    if count != 1:
        raise SystemExit(f"{figures.with_suffix('.html')} is no page that needs no other file: write it anew")
    place.write_text(shared, encoding="utf-8")
    return place


if __name__ == "__main__":
    main(Path(sys.argv[1]))
