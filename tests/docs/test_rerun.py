"""Two runs of a paper's table are compared figure by figure."""

import json
import math
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from scipy.stats import ttest_ind

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def rerun() -> ModuleType:
    spec = spec_from_file_location("rerun", ROOT / "docs" / "rerun.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(seeds: tuple[int, ...], accuracies: tuple[float, ...]) -> dict[str, Any]:
    trainings = {str(seed): {"acc": acc, "params": 8e6} for seed, acc in zip(seeds, accuracies, strict=True)}
    by_seed = {"wab": trainings, "once": {str(seeds[0]): {"acc": 0.5}}}
    same = {"table": "fastrcaps-table1", "scale": "cpu", "devices": ["some CPU"], "written": "today"}
    same |= {"data": "2,700 images", "scaled_down": ["10 epochs instead of 30"]}
    return {**same, "seeds": list(seeds), "by_seed": by_seed}


def test_the_interval_is_that_of_welchs_test(rerun: ModuleType) -> None:
    first, second = [0.91, 0.93, 0.92], [0.90, 0.95, 0.96]
    found = rerun.difference(first, second)
    interval = ttest_ind(second, first, equal_var=False).confidence_interval(0.95)
    assert math.isclose(found["difference"] - found["half"], interval.low)
    assert math.isclose(found["difference"] + found["half"], interval.high)
    assert found["within"]
    assert not rerun.difference([0.91, 0.92, 0.91], [0.81, 0.82, 0.81])["within"]


def test_what_no_seed_changes_is_not_counted(rerun: ModuleType) -> None:
    found = rerun.compared(run((0, 1, 2), (0.91, 0.93, 0.92)), run((3, 4, 5), (0.9, 0.95, 0.96)))
    assert [(one["row"], one["figure"], one["within"]) for one in found["figures"]] == [("wab", "acc", True)]


def test_seconds_of_other_devices_are_not_compared(rerun: ModuleType) -> None:
    one, other = run((0, 1), (0.91, 0.93)), run((3, 4), (0.9, 0.95))
    for two in (one, other):
        for place, training in enumerate(two["by_seed"]["wab"].values()):
            training["time"] = 10.0 + place
    assert [figure["figure"] for figure in rerun.compared(one, other)["figures"]] == ["acc", "time"]
    other["devices"] = ["another CPU"]
    assert [figure["figure"] for figure in rerun.compared(one, other)["figures"]] == ["acc"]


def test_what_all_trainings_have_alike_or_another_figure_has_too_is_not_counted(rerun: ModuleType) -> None:
    one, other = run((0, 1), (0.91, 0.93)), run((3, 4), (0.9, 0.95))
    for two in (one, other):
        for place, training in enumerate(two["by_seed"]["wab"].values()):
            training |= {"best_epoch": 1, "epoch_time": 10.0 + place, "time": 10.0 + place}
    assert [figure["figure"] for figure in rerun.compared(one, other)["figures"]] == ["acc", "epoch_time"]


def test_files_that_cannot_be_compared_are_refused(rerun: ModuleType, tmp_path: Path) -> None:
    one, older, few = run((0, 1), (0.91, 0.93)), run((3, 4), (0.9, 0.95)), run((3, 4), (0.9, 0.95))
    del older["by_seed"]
    few["by_seed"] = {"other": {"3": {"acc": 0.5}}}
    for name, content in (("a", one), ("b", older), ("c", few)):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    for name, said in (("b", "kept no trainings"), ("c", "no figure in common")):
        with pytest.raises(SystemExit, match=said):
            rerun.main(tmp_path / "a.json", tmp_path / f"{name}.json")


def test_other_data_or_another_amount_of_training_is_no_second_run(rerun: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(run((0, 1), (0.91, 0.93))))
    for name in ("data", "scaled_down"):
        (tmp_path / "b.json").write_text(json.dumps({**run((3, 4), (0.9, 0.95)), name: "other"}))
        with pytest.raises(SystemExit, match="not of the same table, scale and data"):
            rerun.main(tmp_path / "a.json", tmp_path / "b.json")


def test_the_same_seeds_are_no_second_run(rerun: ModuleType, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(json.dumps(run((0, 1), (0.91, 0.93))))
    with pytest.raises(SystemExit, match="seeds in common: run the second with --seed N"):
        rerun.main(tmp_path / "a.json", tmp_path / "b.json")


def test_what_is_kept_is_what_was_compared(
    rerun: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rerun, "AGAIN", tmp_path / "again")
    (tmp_path / "a.json").write_text(json.dumps(run((0, 1), (0.91, 0.93))))
    (tmp_path / "b.json").write_text(json.dumps(run((3, 4), (0.9, 0.95))))
    rerun.main(tmp_path / "a.json", tmp_path / "b.json")
    assert "1 of 1 differences lie within their intervals" in capsys.readouterr().out
    kept = json.loads((tmp_path / "again" / "fastrcaps-table1-cpu.json").read_text())
    assert kept["second"]["seeds"] == [3, 4]
    assert kept["first"]["by_seed"]["wab"]["1"]["acc"] == 0.93
