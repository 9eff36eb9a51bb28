"""Make the pictures of the README and of the pages from the study of `make demo`: `python docs/pictures.py`.

Run it in the folder where that study was searched. Kaleido and Playwright use the Chromium that is installed.
"""

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

from paretocaps import load_front
from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.report.figures import front_2d
from paretocaps.service import finished_trials
from paretocaps.web.dashboard import dashboard_server

IMAGES = Path(__file__).parent / "images"
COLUMNS = {"front": 140, "recommend": 104}
"""How wide a terminal a command is shown in, by its name."""


def main() -> None:
    """Make every picture."""
    for picture in (figure(), *map(terminal, COLUMNS), dashboard()):
        print(f"{picture}: {picture.stat().st_size:,} bytes")


def figure() -> Path:
    """Draw accuracy over training time: the figure of the report, without its buttons."""
    front = load_front("demo")
    drawn = front_2d(front, finished_trials("demo", DEFAULT_STORAGE), x=1, y=0)
    title = "The front of the demo: accuracy over training time"
    drawn.layout.updatemenus = None  # a list that is empty would change nothing
    drawn.update_layout(title_text=title, margin={"t": 130})
    drawn.write_image(IMAGES / "front.png", width=860, height=500, scale=1.5)
    return IMAGES / "front.png"


def terminal(command: str) -> Path:
    """Draw what a command says of the demo, as a terminal shows it."""
    words = [sys.executable, "-m", "paretocaps", command, "demo"]
    asked = {**os.environ, "COLUMNS": str(COLUMNS[command]), "FORCE_COLOR": "1"}
    said = subprocess.run(words, env=asked, capture_output=True, text=True, check=True).stdout
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=COLUMNS[command], file=nowhere)
        console.print(Text.from_ansi(said.rstrip()))
        drawn = console.export_svg(title=f"paretocaps {command} demo")
    own = re.sub(r"@font-face \{.*?\}\n", "", drawn, flags=re.DOTALL)  # fonts from elsewhere
    (IMAGES / f"{command}.svg").write_text(own, encoding="utf-8")
    return IMAGES / f"{command}.svg"


def dashboard() -> Path:
    """Photograph the first screen of the demo in the dashboard."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with dashboard_server(DEFAULT_STORAGE, port=0) as server, sync_playwright() as playwright:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            page = opened.new_page(viewport={"width": 1280, "height": 800})
            page.goto(f"{server.url}dashboard/studies/1")
            page.wait_for_selector('[id^="user-defined-plot:"] .main-svg', timeout=120_000)
            page.wait_for_timeout(3_000)  # the figure in three dimensions is drawn after its frame
            page.screenshot(path=IMAGES / "dashboard.png")
            opened.close()
        finally:
            server.shutdown()
            thread.join()
    return IMAGES / "dashboard.png"


if __name__ == "__main__":
    main()
