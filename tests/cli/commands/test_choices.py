import csv
import io
import json

from paretocaps.domain.choices import Choices


def test_all_choices_are_listed(run):
    lines = run("choices").stdout.splitlines()
    assert [line.split()[0] for line in lines[2:]] == list(Choices.model_fields)


def test_json_and_csv_have_every_choice(run):
    rows = json.loads(run("choices", "--format", "json").stdout)
    assert [row["choice"] for row in rows] == list(Choices.model_fields)
    table = list(csv.DictReader(io.StringIO(run("choices", "--format", "csv").stdout)))
    assert [row["choice"] for row in table] == [row["choice"] for row in rows]
    assert json.loads(table[0]["values"]) == rows[0]["values"]


def test_one_choice_is_shown_in_full(run):
    text = run("choices", "routing").stdout
    assert "values   rba, sda, em" in text
    assert "em   expectation maximisation" in text


def test_an_unknown_choice_is_answered_with_the_nearest(run):
    result = run("choices", "decodr")
    assert result.exit_code == 2
    assert "unknown choice 'decodr': did you mean 'decoder'?" in result.stderr


def test_another_trainers_choices_are_listed(run):
    rows = json.loads(run("choices", "--trainer", "towers", "--format", "json").stdout)
    assert {"floors", "painted"} <= {row["choice"] for row in rows}


def test_it_imports_no_torch(loaded_by):
    assert not loaded_by("choices", "lr_policy") & {"torch", "optuna", "sqlalchemy", "pandas", "plotly"}
