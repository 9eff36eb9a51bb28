"""The archive of the recorded tables is whole, and can be read where there is nothing but Python."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from paretocaps.replay.play import _cut
from paretocaps.replay.table import cards, distance, read

BENCHMARKS = Path(__file__).parent
NAMES = [card.name for card in cards()]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The folder of an unpacked archive."""
    folder = tmp_path_factory.mktemp("archive")
    subprocess.run([sys.executable, BENCHMARKS / "archiving.py", folder / "a.zip"], check=True)
    with ZipFile(folder / "a.zip") as packed:
        packed.extractall(folder)
    (found,) = [path for path in folder.iterdir() if path.is_dir()]
    return found


@pytest.fixture
def table(unpacked, monkeypatch, request):
    monkeypatch.syspath_prepend(str(unpacked))
    monkeypatch.delitem(sys.modules, "recorded_tables", raising=False)
    loader = importlib.import_module("recorded_tables")
    assert loader.tables(unpacked / "tables") == sorted(NAMES)
    return loader.Table(unpacked / "tables", request.param)


@pytest.mark.parametrize("table", NAMES, indirect=True)
def test_the_loader_has_what_the_trainer_replay_plays(table):
    whole = read(table.card["name"])
    assert table.designs == whole.designs
    for row in [row for row in whole.rows if row.measurement is not None][::7]:
        played = whole.measurement(whole.designs[row.design], row.seed)
        found = table.result(row.design, row.seed)
        assert found.pop("epoch") == played.best_epoch
        assert found == {name: pytest.approx(getattr(played, name)) for name in found}
        assert table.curve(row.design, row.seed) == [epoch.acc for epoch in played.epochs]
        short, cut = table.result(row.design, row.seed, epochs=2), _cut(played, played.epochs[:2])
        assert (short["acc"], short["time"], short["params"]) == (cut.acc, cut.time, cut.params)
        assert row.seed in table.seeds(row.design)


@pytest.mark.parametrize("table", NAMES[:1], indirect=True)
def test_what_a_table_cannot_tell_is_refused(table, unpacked):
    with pytest.raises(ValueError, match="epochs=0"):
        table.result("baseline", 0, epochs=0)
    with pytest.raises(KeyError):
        table.curve("baseline", 99)
    row = table.trainings["baseline", 0]
    del row["measurement"]
    row["reason"] = "its loss is not finite"
    with pytest.raises(ValueError, match="its loss is not finite"):
        table.result("baseline", 0)
    with pytest.raises(FileNotFoundError):
        sys.modules["recorded_tables"].tables(unpacked / "nowhere")


@pytest.mark.parametrize("table", NAMES[:1], indirect=True)
def test_its_distances_are_those_of_the_package(table):
    designs = list(table.designs.values())[::40]
    for first in designs:
        for second in designs:
            assert table.distance(first, second) == pytest.approx(distance(first, second))
        assert table.designs[table.nearest(first)] == first


def test_it_needs_python_alone(unpacked):
    code = (
        "import recorded_tables as r; t = r.Table('tables', 'digits'); print(t.result('baseline', 0)['acc'])"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=unpacked, check=True, capture_output=True, text=True
    )
    assert 0.5 < float(done.stdout) < 1.0


def test_it_says_what_it_is_and_how_to_cite_it_and_has_no_images(unpacked):
    readme = (unpacked / "README.md").read_text()
    assert all(f"`{name}`" in readme for name in NAMES)
    assert "generated:" not in readme
    assert "type: dataset" in (unpacked / "CITATION.cff").read_text()
    licences = (unpacked / "DATA-LICENSES.md").read_text()
    assert all(f"- {name}: " in licences for name in NAMES)
    with ZipFile(unpacked.parent / "a.zip") as packed:
        files = sorted(name.partition("/")[2] for name in packed.namelist())
    own = [
        "CITATION.cff",
        "DATA-LICENSES.md",
        "LICENSE",
        "README.md",
        "recorded_tables.py",
        "tables/space.json",
    ]
    ends = ".designs.json", ".json", ".jsonl.xz"
    assert files == sorted(own + [f"tables/{name}{end}" for name in NAMES for end in ends])
    assert "images" not in json.loads((unpacked / "tables" / "digits.json").read_text())


def test_the_same_tables_give_the_same_bytes(tmp_path):
    for name in ("a.zip", "b.zip"):
        subprocess.run([sys.executable, BENCHMARKS / "archiving.py", tmp_path / name], check=True)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
