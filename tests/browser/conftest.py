"""A real Chromium, and the pages that it opens."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from paretocaps import service
from paretocaps.replay.table import read

WIDE, NARROW = 1280, 390
"""The widths in pixels at which pages are looked at: that of a screen and of a telephone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@dataclass
class Opened:
    """A page in the browser, with what went wrong in it and what it asked the network for."""

    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def serious(self) -> list[str]:
        """Return the findings of axe-core that are serious or critical, each with the elements it is of."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page).response["violations"]
        return [
            f"{one['id']}: {one['help']}: {[node['html'][:120] for node in one['nodes'][:3]]}"
            for one in found
            if one["impact"] in ("serious", "critical")
        ]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser named by CHROMIUM, or the one that is installed."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: `make browser`"
    )
    names = ("chromium", "chromium-browser", "google-chrome")
    place = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if place is None:
        pytest.skip("no Chromium is installed: install one, or name it with CHROMIUM=/path/to/chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=place)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Any) -> Callable[..., Any]:
    """Open a page of a file at a width, and close it after the test's block."""

    @contextmanager
    def open_page(path: Path, width: int = WIDE) -> Iterator[Opened]:
        page = chromium.new_page(viewport={"width": width, "height": 900})
        found = Opened(page)
        page.on("console", lambda said: found.errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: found.errors.append(str(error)))
        page.on("request", lambda request: found.requests.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_load_state("load")
        yield found
        page.close()

    return open_page


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a study that plays the recorded trainings of digits."""
    folder = tmp_path_factory.mktemp("report")
    storage = f"sqlite:///{folder}/played.db"
    spec = {"study": "played", "storage": storage, "trainer": "replay", "executor": "inline"}
    spec |= {"dataset": "digits", "epochs": 5, "repeats": 3, "trials": 8, "share_device": True}
    service.optimize(spec)
    return service.write_report("played", storage, str(folder / "report.html"))


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of two trainings beside each other, as they were recorded."""
    from paretocaps.report.run_page import Run, write_runs

    table = read("digits")
    found = [
        Run(name, table.designs[name], table.measurement(table.designs[name], seed=0))
        for name in ("baseline", "ws")
    ]
    return write_runs(tmp_path_factory.mktemp("runs") / "runs.html", found)


@pytest.fixture(scope="session")
def evaluation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of an evaluation with all parts."""
    import numpy as np

    from paretocaps.evaluation.appraisal import Appraisal
    from paretocaps.evaluation.classification import classification
    from paretocaps.evaluation.mistakes import Mistake
    from paretocaps.evaluation.perturbation import PerturbationGrid
    from paretocaps.evaluation.reconstructions import Reconstruction
    from paretocaps.evaluation.robustness import Robustness, TransformedAccuracy
    from paretocaps.evaluation.scores import Scored
    from paretocaps.report.evaluation_page import write_evaluation

    numbers = np.random.default_rng(0)
    labels = numbers.integers(0, 10, 300)
    picture = numbers.integers(0, 256, (8, 8, 1), dtype=np.uint8)
    grid = numbers.integers(0, 256, (16, 11, 8, 8, 1), dtype=np.uint8)
    transforms = [TransformedAccuracy(kind, 1.0, 0.8) for kind in ("rotation", "shift x", "scale", "shear")]
    appraisal = Appraisal(
        report=classification(Scored(numbers.random((300, 10)) + np.eye(10)[labels], labels)),
        confidence="the length of the class's capsule",
        members=(),
        robustness=Robustness(0.9, tuple(transforms)),
        reconstructions=tuple(Reconstruction(0, 1, n, 0.5, picture, picture, picture) for n in (1, 2)),
        grids=(PerturbationGrid(2, 0, picture, grid),),
        no_pictures=None,
        remarks=(),
        mistakes=tuple(Mistake(n, 1, 2, 0.9, 0.1, picture) for n in range(40)),
    )
    place = tmp_path_factory.mktemp("evaluation") / "evaluation.html"
    return write_evaluation(place, "trial 7", appraisal, facts={"images": "300 of digits"}, data="digits")
