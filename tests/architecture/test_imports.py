"""What is done without libraries that take long to load: a command that lists or plans answers at once."""

import json
import subprocess
import sys

import pytest

from paretocaps.storage.store import Store

LIGHT = {
    "plan": (
        """
        from paretocaps.domain.choices import Choices
        from paretocaps.schedules.plan import build_plan
        build_plan(Choices(lr_policy="one_cycle"), 10, 2).rows()
        """,
        "torch numpy",
    ),
    "data sets": (
        """
        from paretocaps.data.catalog import DATASETS
        [DATASETS.get(name).description for name in DATASETS]
        """,
        "torch datasets sklearn numpy pyarrow",
    ),
    "executors": (
        """
        import pkgutil
        import paretocaps.execution
        for module in pkgutil.iter_modules(paretocaps.execution.__path__):
            __import__(f"paretocaps.execution.{module.name}")
        """,
        "torch numpy optuna pytest sqlalchemy",
    ),
    "tables": (
        "import paretocaps.report.tables, paretocaps.report.front, paretocaps.report.page",
        "plotly pandas torch pymoo numpy",
    ),
    "an open database": (
        """
        from paretocaps.storage.store import Store
        Store.open(sys.argv[1], create=True).close()
        """,
        "alembic torch optuna pandas sqlalchemy.orm",
    ),
    "ranking": (
        """
        from paretocaps.domain.objective import parse_objectives
        from paretocaps.pareto.dominance import rank
        from paretocaps.pareto.indicators import hypervolume
        objectives = parse_objectives("acc,time")
        rank([[1, 2]], objectives)
        hypervolume([[1, 2]], (0, 3), objectives)
        """,
        "torch optuna scipy pandas matplotlib",
    ),
    "routings": (
        """
        from paretocaps.domain.routings.routing import LayerShape
        from paretocaps.domain.routings.routings import ROUTINGS
        shape = LayerShape(1152, 32, 17, 17, 1152)
        [ROUTINGS.get(name).multiply_adds(shape, 3) for name in ROUTINGS]
        """,
        "torch",
    ),
    "a trainer": (
        """
        from paretocaps.domain.trainer import TRAINERS
        TRAINERS.get("capsnet").canonical({})
        """,
        "torch",
    ),
    "networks": (
        """
        from paretocaps.models import architecture, complexity, geometry, training_memory
        from paretocaps.models.pruning import target
        """,
        "torch",
    ),
    "a description": ("from paretocaps.service import describe; describe()", "torch"),
    "forecasts": ("import paretocaps.training.forecast", "torch"),
    "effects": (
        """
        from paretocaps.domain.trainer import TRAINERS
        TRAINERS.get("capsnet").effects_of(5, {})
        """,
        "torch",
    ),
    "played trainings": (
        """
        from paretocaps.replay.play import check_measures
        check_measures(["acc"], [])
        """,
        "torch",
    ),
    "images": (
        """
        from paretocaps.domain.job import DataSpec
        from paretocaps.training.check import check_data
        check_data(DataSpec())
        """,
        "torch",
    ),
}
"""What is done, and which libraries that loads in no case; what loads more stands below what loads less."""

RUN = """
import json, sys, textwrap
for name, (code, libraries) in json.loads(sys.stdin.read()).items():
    exec(textwrap.dedent(code))
    print(json.dumps([name, sorted(set(libraries.split()) & set(sys.modules))]))
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """The libraries that are loaded and should not be, after each of `LIGHT`, in one process."""
    url = f"sqlite:///{tmp_path_factory.mktemp('light')}/x.db"
    Store.open(url, create=True).close()
    done = subprocess.run(
        [sys.executable, "-c", RUN, url],
        input=json.dumps(LIGHT),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return dict(map(json.loads, done.stdout.splitlines()))


@pytest.mark.parametrize("name", LIGHT)
def test_it_loads_nothing_heavy(loaded, name):
    assert loaded[name] == []
