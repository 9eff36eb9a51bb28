"""The commands that list what there is: trainers, objectives, samplers, data sets, studies, checks."""

import csv
import io
import json

import pytest

NAMES = {
    "trainers": {"capsnet", "towers"},
    "objectives": {"acc", "time", "params", "wall", "macs", "memory"},
    "samplers": {"tpe", "nsga2", "nsga3", "gp", "random", "qmc", "grid"},
    "specs": {"paretocaps:quickstart", "paretocaps:fastrcaps_mnist", "paretocaps:mocapsnet_table5_cifar10"},
    "datasets": {"digits", "mnist", "fashion-mnist"},
}


@pytest.mark.parametrize("command", NAMES)
def test_every_name_is_listed_in_every_format(run, command):
    result = run(command, "--format", "json")
    assert result.exit_code == 0, result.stderr
    listed = json.loads(result.stdout)
    key = command.removesuffix("s")
    assert {row[key] for row in listed} >= NAMES[command]
    in_csv = list(csv.DictReader(io.StringIO(run(command, "--format", "csv").stdout)))
    assert [row[key] for row in in_csv] == [row[key] for row in listed]
    table = run(command).stdout.splitlines()
    assert table[0].split()[0] == key
    assert len(table) >= 2 + len(listed)


@pytest.mark.slow
def test_studies(run, optimize):
    optimize("--study", "first", "--trials", 1)
    optimize("--study", "second", "--trials", 2)
    listed = json.loads(run("studies", "--format", "json").stdout)
    assert [(row["study"], row["finished"]) for row in listed] == [("first", 1), ("second", 2)]


def test_studies_of_no_storage(run):
    result = run("studies", "--storage", "sqlite:///none.db")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "none.db" in result.stderr


@pytest.mark.slow  # asks torch in another process
def test_doctor(run, towers):
    result = run("doctor", "--storage", towers, "--format", "json")
    checks = json.loads(result.stdout)
    assert result.exit_code == 0, result.stdout
    assert all(check["ok"] for check in checks)
    assert [set(check) for check in checks] == [{"check", "result", "ok"}] * len(checks)


@pytest.mark.slow  # asks torch in another process
def test_doctor_fails_where_a_check_does(run, tmp_path):
    result = run("doctor", "--storage", f"sqlite:///{tmp_path}", "--format", "json")
    assert result.exit_code == 1
    assert not all(check["ok"] for check in json.loads(result.stdout))
