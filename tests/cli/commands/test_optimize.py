import json
import math
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from paretocaps import service
from paretocaps.cli.app import app
from paretocaps.domain.study_file import resolve_spec
from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import UsageError
from paretocaps.storage.store import Store


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("command", [("optimize",), ("confirm", "s"), ("reproduce", "fastrcaps-table1")])
def test_a_signal_before_the_first_trial_ends_it_in_order(command, number, monkeypatch):
    for name in ("optimize", "confirm", "reproduce"):
        monkeypatch.setattr(service, name, lambda *_: signal.raise_signal(number))
    before = signal.signal(number, lambda *_: pytest.fail("it is not handled"))
    try:
        with pytest.raises(SystemExit) as ended:
            app(command)
    finally:
        signal.signal(number, before)
    assert ended.value.code == 130


@pytest.mark.slow
def test_a_study_runs_is_told_and_shows_its_front(optimize):
    result = optimize("--study", "t", "--trials", 4, "--require", "acc>=0.76")
    assert result.exit_code == 0, result.stderr
    talk = result.stderr.splitlines()
    assert talk[0] == "study t: 4 trials of 2 epochs on digits, acc, time, params"
    assert "trial 0 started: hut" in talk
    assert "trial 1 finished: acc 0.9500, time 5.00 s, params 5.00 k [2 of 4]" in talk
    assert any(re.match(r"front: \d trials? with acc>=0.76\b", line) for line in talk)
    assert any(line.startswith("study t: 4 trials finished in 0:0") for line in talk)
    assert any(line.startswith("paretocaps front t ") for line in talk)
    assert "0.950 ±" in result.stdout
    assert "0.750 ±" not in result.stdout  # the hut misses the requirement


@pytest.mark.slow
def test_the_storage_is_a_file_by_its_path(run, optimize, monkeypatch):
    monkeypatch.setenv("HOME", str(Path.cwd()))
    Path("s.toml").write_text('storage = "~/in home/{x}.db"')
    made = Path.cwd() / "in home" / "{x}.db"
    assert optimize("t", "--trials", 1, "--spec", "s.toml").exit_code == 0
    for path in (made, made.relative_to(Path.cwd()), f"sqlite:///{made}"):
        assert [
            row["finished"]
            for row in json.loads(run("studies", "--storage", path, "--format", "json").stdout)
        ] == [1]
        assert run("front", "t", "--all", "--storage", path).exit_code == 0
    assert optimize("t", "--trials", 2, "--storage", made).exit_code == 0
    assert sorted(file.name for file in Path.cwd().glob("**/*.db")) == ["{x}.db"]


@pytest.mark.slow
def test_running_it_again_completes_it(run, optimize):
    assert optimize("--study", "t", "--trials", 2).exit_code == 0
    again = optimize("--study", "t", "--trials", 3)
    assert "2 finished before" in again.stderr
    assert [row["finished"] for row in json.loads(run("studies", "--format", "json").stdout)] == [3]
    more = optimize("--study", "t", "--more", 2)
    assert "study t: 5 trials finished" in more.stderr


@pytest.mark.slow
def test_named_designs_can_be_chosen_or_left_out(optimize):
    assert "started: spire" in optimize("--study", "a", "--trials", 1, "--design", "spire").stderr
    without = optimize("--study", "b", "--trials", 2, "--no-designs").stderr
    assert "started: hut" not in without
    assert "started: spire" not in without


def test_a_fixed_choice_is_out_of_the_search(run, optimize):
    result = optimize(
        "--study", "t", "--trials", 3, "--fix", "painted=true", "--fix", "floors=2", "--no-designs"
    )
    assert result.exit_code == 0, result.stderr
    members = json.loads(run("front", "t", "--all", "--format", "json").stdout)["members"]
    assert [member["choices"] for member in members] == [{"floors": 2, "painted": True}]


def test_a_choice_that_is_set_is_out_of_the_search(run, optimize):
    result = optimize("t", "--trials", 1, "--set", "painted=true", "--fix", "floors=2", "--no-designs")
    assert result.exit_code == 0, result.stderr
    members = json.loads(run("front", "t", "--all", "--format", "json").stdout)["members"]
    assert [member["choices"] for member in members] == [{"floors": 2, "painted": True}]
    twice = optimize("t", "--set", "floors=1", "--fix", "floors=2")
    assert twice.stderr == "error: floors is given twice: as 1 and as 2; give it once\n"


def test_a_study_file_gives_way_to_flags(run, optimize):
    Path("study.toml").write_text('study = "filed"\ntrials = 5\nobjectives = ["acc", "params"]\n')
    result = optimize("--spec", "study.toml", "--trials", 1)
    assert "study filed: 1 trial of 2 epochs on digits, acc, params" in result.stderr


@pytest.mark.slow
def test_failed_trials_are_told_and_too_many_end_the_run(optimize):
    result = optimize("--study", "t", "--trials", 10, "--no-designs")
    assert result.exit_code == 0, result.stderr
    assert "failed: the tower fell over" in result.stderr
    assert "study t: 10 trials finished, 2 failed in 0:0" in result.stderr
    spent = optimize("--study", "bad", "--trials", 2, "--fix", "floors=6", "--no-designs")
    assert spent.exit_code == 1
    assert spent.stderr.splitlines()[-1].startswith("error: 2 trials failed")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--trials", 0], "trials=0"),
        (["--epochs", -1], "epochs=-1"),
        (["--objectives", "acc"], "at least two"),
        (["--objectives", "acc,tiem"], "did you mean 'time'"),
        (["--sampler", "tpee"], "did you mean 'tpe'"),
        (["--trainer", "tower"], "did you mean 'towers'"),
        (["--executor", "threads"], "unknown executor 'threads'"),
        (["--fix", "floor=2"], "did you mean 'floors'"),
        (["--fix", "floors"], "floors"),
        (["--design", "hat"], "did you mean 'hut'"),
        (["--spec", "none.toml"], "none.toml"),
        (["--require", "acc"], "acc>=0.9"),
        (["--more", 0], "more=0"),
        (["--design", "hut", "--no-designs"], "--no-designs"),
        (["--storage", "sqlite:////"], "error: "),
    ],
)
def test_wrong_use_is_one_line_and_leaves_nothing(optimize, arguments, message):
    result = optimize(*arguments)
    assert result.exit_code == 2, result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert list(Path.cwd().iterdir()) == []


def test_a_study_file_in_the_place_of_a_name_is_no_study_with_defaults(run):
    Path("mine.toml").write_text("epochs = 1")
    result = run("optimize", "mine.toml")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "STUDY is 'mine.toml', a file: give it as --spec mine.toml" in result.stderr
    assert [path.name for path in Path.cwd().iterdir()] == ["mine.toml"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--dataset", "digit"], "did you mean 'digits'"), (["--data", "nowhere"], "nowhere")],
)
def test_data_that_is_not_there_is_refused_before_anything_is_stored(run, arguments, message):
    result = run("optimize", "--executor", "inline", "--trials", 1, *arguments)
    assert result.exit_code == 2, result.stderr
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.slow
def test_jobs_share_a_device_only_where_that_is_said(optimize):
    refused = optimize("--study", "t", "--trials", 2, "--workers", 2, "--device", "cpu")
    assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1)
    assert "--share-device" in refused.stderr
    both = ("--workers", 2, "--device", "cpu", "--share-device")
    assert optimize("--study", "t", "--trials", 2, *both).exit_code == 0
    # what is not said is what the study has
    assert optimize("--study", "t", "--trials", 3).exit_code == 0
    assert optimize("--study", "t", "--trials", 4, "--no-share-device").exit_code == 2


@pytest.mark.slow
def test_a_study_goes_on_when_the_reader_of_its_talk_is_gone(tmp_path):
    program = (
        "import sys\nfrom paretocaps.cli.app import app\nfrom paretocaps.domain.trainer import TRAINERS\n"
        "from paretocaps.testing.probe import PROBE\nTRAINERS.register('probe', PROBE)\n"
        f"app.main(['optimize', '--trainer', 'probe', '--executor', 'inline', '--storage', 'sqlite:///{tmp_path}/s.db',"
        " '--study', 's', '--trials', '6', '--epochs', '1', '--objectives', 'acc,time', '--plain'])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("study s: 6 trials")
    process.stdout.close()
    assert process.wait() == 0
    with Store.open(f"sqlite:///{tmp_path}/s.db", create=False) as store:
        assert store.counts("s")["finished"] == 6


NO_FIELDS = {"argument", "debug", "more", "no_designs", "plain", "spec_file"}
"""Options that say how a study is run, and not what it is."""
OF_FILES = {"designs", "ensembles", "file_fix", "published", "test_each_training", "test_every_epoch"}
"""Fields of a study that have no option of their name."""


def test_every_option_is_a_field_of_a_study_and_every_field_has_one():
    command = app.get_command(click.Context(app), "optimize")
    options, fields = {one.name for one in command.params}, set(StudySpec.model_fields)
    assert options - fields == NO_FIELDS
    assert fields - options == OF_FILES


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        ("--stop-early rungs", "stop_early", "rungs"),
        ("--stop-designs", "stop_designs", True),
        ("--no-stop-designs", "stop_designs", False),
        ("--reject", "reject", True),
        ("--no-reject", "reject", False),
        ("--keep-checkpoints", "keep_checkpoints", True),
        ("--no-keep-checkpoints", "keep_checkpoints", False),
        ("--timeout 90s", "timeout", 90.0),
        ("--budget 10m", "budget", 600.0),
        ("--until-stable 30", "until_stable", 30),
        ("--threads 1", "threads", 1),
        ("--limit-validation 50", "limit_validation", 50),
        ("--classes-are-folders", "classes_are_folders", True),
        ("--repeats 3", "repeats", 3),
        ("--checkpoint-every off", "checkpoint_every", math.inf),
        ("--no-designs", "designs", ()),
    ],
)
def test_an_option_is_what_the_study_is_asked_for(words, field, value, monkeypatch):
    asked = {}

    def optimize(given, *_):
        asked.update(given)
        raise UsageError("that is enough")

    monkeypatch.setattr(service, "optimize", optimize)
    result = CliRunner().invoke(app, ["optimize", "--study", "t", *words.split()])
    assert "that is enough" in result.stderr
    found = getattr(resolve_spec(asked), field)
    assert (tuple(found) if isinstance(found, list | tuple) else found) == value
