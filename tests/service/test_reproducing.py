import json
import sqlite3
from pathlib import Path

import pytest

from paretocaps.domain.paper_table import PaperTable
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import UsageError
from paretocaps.report.paper_page import PaperRun, paper_figures
from paretocaps.search.observer import Observer
from paretocaps.search.planned_trials import Cost
from paretocaps.service import ensembling, paper_tables, reproducing
from paretocaps.service.paper_tables import paper_table, table_rows
from paretocaps.service.pretraining import LeftOffError
from paretocaps.service.reproducing import ReproduceOptions, command_of, cost_line, reproduce
from paretocaps.service.running import Interrupted
from paretocaps.storage.store import Store
from paretocaps.testing.probe import PROBE

FILE = """
study = "points"
objectives = ["acc", "time"]
dataset = "mnist"
trainer = "probe"
executor = "inline"
designs = ["slow", "fast", "faster"]
trials = 3
epochs = 4
repeats = 3
[design]
fast = { learning_rate = 0.5 }
faster = { learning_rate = 0.9 }
[published]
source = "a paper on points"
[published.rows]
slow = { acc = 0.9, epoch_seconds = 3 }
fast = { acc = 0.99, epochs_to_baseline = 1, baselines = ["slow"], against = "slow" }
faster = { acc = 0.98 }
[scale.quick]
epochs = 2
repeats = 2
[table.points-1]
paper = "Points"
title = "Table 1"
shows = "how fast a line is found"
rows = ["slow", "fast"]
charts = ["front", "curves", "plans"]
[[table.points-1.claims]]
text = "fast gets there in fewer epochs"
row = "fast"
than = "slow"
objective = "epochs_to(acc=slow)"
direction = "less"
[[table.points-1.claims]]
text = "both have as many parameters"
row = "fast"
than = "slow"
objective = "params"
direction = "level"
[table.points-2]
paper = "Points"
title = "Table 2"
shows = "the same and more"
"""
SPACE = '[space]\nlearning_rate = { low = 0.01, high = 1.0 }\nfailure = ["", "no"]\n'
ENSEMBLE = '[ensembles]\ntwo = { designs = ["slow", "fast"], size = 2 }\n'
PAPER_TABLE = PaperTable(paper="Points", title="Table 1", shows="points")
COMMAND = "paretocaps reproduce t --storage postgresql://me:secret@host/base"


class Heard(Observer):
    """Keeps what is told, and whether a training had begun by then."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def notice(self, message: str) -> None:
        self.lines.append(message)


@pytest.fixture
def points(tmp_path, monkeypatch):
    if "probe" not in TRAINERS:
        TRAINERS.register("probe", PROBE)
    path = tmp_path / "points.toml"
    path.write_text(FILE)
    monkeypatch.setattr(paper_tables, "study_files", lambda: [path])
    monkeypatch.chdir(tmp_path)


def test_a_table_is_trained_once_and_its_page_written_again(points):
    heard = Heard()
    first = reproduce("points-1", observer=heard)
    assert heard.lines[0].startswith("points-1, scale quick: 0 of 4 trainings are finished")
    assert (first.study, first.finished, first.trainings) == ("points-quick", 4, 4)
    assert first.page == Path("reports/points-1-quick.html")
    before = first.page.read_text()
    first.page.unlink()
    again = reproduce("points-1", observer=heard)
    assert heard.lines[-1] == "points-1, scale quick: 4 of 4 trainings are finished"
    assert again.claims == first.claims
    assert len(before) == pytest.approx(len(again.page.read_text()), abs=100)
    with Store.open("sqlite:///studies/paretocaps.db", create=False) as store:
        assert [len(trial.attempts) for trial in store.trials("points-quick")] == [2, 2]


def test_a_study_of_other_settings_is_not_told_as_of_these(points):
    made = reproduce("points-1")
    before = made.page.read_text()
    Path("points.toml").write_text(FILE.replace("epochs = 2", "epochs = 3"))
    with pytest.raises(UsageError, match=r"epochs=2 \(now 3\).* or give another --storage"):
        reproduce("points-1")
    assert made.page.read_text() == before


def test_more_repeats_than_a_study_has_are_refused_without_an_option_of_others(points):
    reproduce("points-1")
    Path("points.toml").write_text(FILE.replace("repeats = 2", "repeats = 3"))
    with pytest.raises(
        UsageError, match=r"repeats=2 \(now 3\): keep these settings, or give another --storage"
    ):
        reproduce("points-1")


def test_the_trainings_of_a_trial_that_lacks_seeds_are_counted(points):
    ended = []

    class Stops(Observer):
        def training_ended(self, training):
            ended.append(training.key)
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        reproduce("points-1", observer=Stops())
    heard = Heard()
    assert reproduce("points-1", observer=heard).finished == 4
    assert len(ended) == 1
    assert heard.lines[0].startswith("points-1, scale quick: 1 of 4 trainings is finished")


def test_what_is_left_is_told_by_what_was_trained(points):
    table = paper_table("points-1")
    half = Cost(4, 2, 60.0, 30.0)
    assert "2 of 4 trainings are finished; the others take about 30 s on 2 cores (a rough guess" in cost_line(
        table, "quick", half, 2
    )
    slower = cost_line(table, "quick", half, 0, spent=300.0)
    assert slower.endswith("2 of 4 trainings are finished; the others take about 10 min, by what these took")
    assert cost_line(table, "quick", Cost(4, 4, 60.0), 0).endswith("0 of 4 trainings are finished")
    failed = cost_line(table, "quick", Cost(6, 2, 60.0, 30.0), 0, spent=300.0, failed=2)
    assert "2 of 6 trainings are finished, 2 are of trials that failed; the others take" in failed


def test_tables_share_the_trainings_of_their_study(points):
    reproduce("points-1")
    whole = reproduce("points-2")
    assert (whole.finished, whole.trainings) == (6, 6)
    with Store.open("sqlite:///studies/paretocaps.db", create=False) as store:
        assert store.counts("points-quick")["finished"] == 3


def test_the_json_has_what_was_measured_and_what_follows(points):
    found = reproduce("points-1", ReproduceOptions(output="out/points.html", seed=5))
    figures = json.loads(found.figures.read_text())
    assert figures["study"] == "points-quick-seed5"
    assert figures["seeds"] == [5, 6]
    assert figures["study_file"] == "points.toml"
    assert [row["row"] for row in figures["rows"]] == ["slow", "fast"]
    assert all(row["measured"]["acc"]["n"] == 2 for row in figures["rows"])
    assert figures["baselines"][0]["row"] == "slow"
    assert figures["baselines"][0]["epochs"] in ("1", "2")
    assert [one["verdict"] for one in figures["claims"]][1] == "holds"
    assert (
        figures["command"] == "paretocaps reproduce points-1 --scale quick --seed 5 --output out/points.html"
    )
    assert "2 epochs instead of 4" in figures["scaled_down"]
    page = found.page.read_text()
    assert "a paper on points" in page
    assert all(name in page for name in ("front-acc-time", "policies", "plans"))


def test_the_set_of_the_table_is_found_in_the_folder_of_sets(points, tmp_path):
    (tmp_path / "sets" / "mnist").mkdir(parents=True)
    found = reproduce("points-1", ReproduceOptions(data="sets"))
    with Store.open("sqlite:///studies/paretocaps.db", create=False) as store:
        assert store.study(found.study).spec["data"] == str(tmp_path / "sets" / "mnist")
    assert "--data sets" in json.loads(found.figures.read_text())["command"]


def test_the_paper_scale_is_the_study_of_the_file(points):
    found = reproduce("points-2", ReproduceOptions(scale="paper"))
    assert (found.study, found.trainings) == ("points", 9)
    assert json.loads(found.figures.read_text())["scaled_down"] == []


def test_what_is_asked_wrongly_creates_nothing(points):
    for name, options, said in (
        ("points-3", ReproduceOptions(), "unknown table 'points-3'"),
        ("points-1", ReproduceOptions(scale="cpu"), "has no scale cpu: give --scale quick or paper"),
        ("points-1", ReproduceOptions(data="nowhere"), "data folder 'nowhere' does not exist"),
    ):
        with pytest.raises(UsageError, match=said):
            reproduce(name, options)
    assert not Path("studies").exists()


def test_the_command_that_goes_on_has_what_was_asked():
    asked = ReproduceOptions(scale="cpu", data="my data", storage="a.db", timeout="10m")
    assert command_of("t", asked) == "paretocaps reproduce t --data 'my data' --scale cpu --storage a.db"
    laid_out = ReproduceOptions(
        data="d", layout={"parts": "train=A,test=B", "transpose": True, "classes_are_folders": None},
        device="cuda:1", workers=2, threads=1,
    )  # fmt: skip
    assert command_of("t", laid_out) == (
        "paretocaps reproduce t --data d --parts train=A,test=B --transpose --scale quick"
        " --device cuda:1 --workers 2 --threads 1"
    )


def test_a_time_limit_leaves_the_rest_for_later(points):
    found = reproduce("points-2", ReproduceOptions(timeout=1e-6))
    assert found.finished < found.trainings
    assert found.time_is_up.endswith("continue with `paretocaps reproduce points-2 --scale quick`")
    assert reproduce("points-2").finished == found.trainings


def test_trainings_of_two_devices_are_shown_without_their_times(points):
    reproduce("points-2")
    with sqlite3.connect("studies/paretocaps.db") as base:
        one = "SELECT id FROM paretocaps_trials WHERE number = 1"
        base.execute(f"UPDATE paretocaps_attempts SET device_name = 'another' WHERE trial_id = ({one})")
    base.close()
    found = reproduce("points-2")
    figures = json.loads(found.figures.read_text())
    assert figures["devices"] == ["another", "cpu"]
    (said,) = (line for line in figures["not_comparable"] if "several devices" in line)
    assert "figures of times and memory have the trials of cpu alone" in said
    assert all(row["measured"].keys().isdisjoint({"epoch_seconds", "memory"}) for row in figures["rows"])
    assert all(row["measured"]["acc"]["n"] == 2 for row in figures["rows"])


def test_a_row_that_fails_is_not_replaced_by_another_training(points):
    path = Path("points.toml")
    fails = path.read_text().replace("0.9 }", '0.9, failure = "no" }', 1)
    path.write_text(fails.replace("[published]", f"{SPACE}[published]", 1))
    heard = Heard()
    for _ in range(2):
        found = reproduce("points-2", observer=heard)
        assert (found.finished, found.trainings) == (4, 6)
    assert heard.lines[-1] == (
        "points-2, scale quick: 4 of 6 trainings are finished, 2 are of trials that failed"
    )
    with Store.open("sqlite:///studies/paretocaps.db", create=False) as store:
        tried = {trial.choices["learning_rate"] for trial in store.trials("points-quick")}
    assert tried == {0.01, 0.5, 0.9}
    told = found.page.read_text()
    assert "not trained: faster" not in told
    assert "failed, so that no seed of it counts: faster (" in told


def test_a_trial_that_another_table_left_open_takes_no_rows_place(points):
    path = Path("points.toml")
    path.write_text(path.read_text() + 'rows = ["faster"]\n')

    class Stops(Observer):
        def training_ended(self, training):
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        reproduce("points-1", observer=Stops())
    found = reproduce("points-2")
    assert (found.finished, found.trainings) == (2, 2)


def test_a_study_file_of_ones_own_has_tables(points, tmp_path):
    own = tmp_path / "own.toml"
    own.write_text(FILE.replace("points-1", "own-1"))
    with pytest.raises(UsageError, match="own-1"):
        reproduce("own-1")
    found = reproduce("own-1", ReproduceOptions(spec_file=str(own)))
    assert found.finished == 4
    assert "--spec" in command_of("own-1", ReproduceOptions(spec_file=str(own)))
    assert [row["table"] for row in table_rows(str(own))] == ["own-1", "points-2"]


def test_other_seeds_have_a_page_of_their_own(points):
    first, other = (reproduce("points-1", ReproduceOptions(seed=seed)).page for seed in (0, 5))
    assert (first.name, other.name) == ("points-1-quick.html", "points-1-quick-seed5.html")
    assert first.exists()


def test_the_page_is_checked_before_anything_is_trained(points):
    Path("folder.html").mkdir()
    for output, said in (("t.json", "where the figures lie as JSON"), ("folder.html", "is not a file name")):
        with pytest.raises(UsageError, match=said):
            reproduce("points-1", ReproduceOptions(output=output))
    assert not Path("studies").exists()


def test_the_command_in_the_json_has_no_password(points):
    run = PaperRun("t", PAPER_TABLE, "quick", "s", "t.toml", COMMAND, "MNIST", (), (0,), (0, 1))
    assert "secret" not in json.dumps(paper_figures(run, (), ()))


def test_an_interrupted_backbone_goes_on_by_the_same_command(points, monkeypatch):
    path = Path("points.toml")
    path.write_text(path.read_text() + '[scale.quick.pretrain]\ndataset = "mnist"\nepochs = 1\n')

    def interrupted(*_):
        raise Interrupted("continue with the same command and --resume")

    monkeypatch.setattr(reproducing, "with_trunk", interrupted)
    with pytest.raises(Interrupted, match="continue with `paretocaps reproduce points-1 --scale quick`"):
        reproduce("points-1")

    def left_off(*_):
        raise LeftOffError("time is up in the training of the backbone")

    monkeypatch.setattr(reproducing, "with_trunk", left_off)
    with pytest.raises(Interrupted, match="^time is up in the training of the backbone; continue with `pare"):
        reproduce("points-1", ReproduceOptions(timeout="9m"))


def test_ensembles_that_were_not_measured_are_measured_later(points, monkeypatch):
    path = Path("points.toml")
    path.write_text(path.read_text().replace("[published]", f"{ENSEMBLE}[published]", 1))
    measured = []

    def measure(store, spec, *_):
        measured.append(spec.study)
        if len(measured) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(reproducing, "measure_ensembles", measure)
    monkeypatch.setattr(ensembling, "measure_ensembles", measure)
    with pytest.raises(Interrupted):
        reproduce("points-2")
    assert reproduce("points-2").finished == 6
    assert measured == ["points-quick", "points-quick"]
