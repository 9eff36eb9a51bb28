import json

from click.testing import CliRunner, _NamedTextIOWrapper

from paretocaps.cli.app import app


def names(run, storage):
    return [
        row["study"] for row in json.loads(run("studies", "--storage", storage, "--format", "json").stdout)
    ]


def test_a_study_is_deleted_only_after_a_yes(run, own):
    result = run("delete", "t", "--storage", own)
    assert result.exit_code == 2
    assert "nobody can be asked whether to delete study t: 12 trials" in result.stderr
    assert "give --yes" in result.stderr
    assert names(run, own) == ["t"]
    assert run("delete", "t", "--storage", own, "--yes").exit_code == 0
    assert names(run, own) == []


def test_who_says_no_keeps_the_study(run, own, monkeypatch):
    monkeypatch.setattr(_NamedTextIOWrapper, "isatty", lambda self: True, raising=False)
    result = CliRunner().invoke(app, ["delete", "t", "--storage", own], input="n\n")
    assert result.exit_code == 1
    assert "delete study t: 12 trials, 0 with weights" in result.stderr
    assert result.stderr.splitlines()[-1] == "study t is kept"
    assert names(run, own) == ["t"]


def test_who_says_yes_loses_the_study_and_is_told_what_it_was(run, own, monkeypatch):
    monkeypatch.setattr(_NamedTextIOWrapper, "isatty", lambda self: True, raising=False)
    result = CliRunner().invoke(app, ["delete", "t", "--storage", own], input="y\n")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "deleted study t: 12 trials, 0 with weights, 0 B of files" in result.stderr.splitlines()[-1]
    assert names(run, own) == []


def test_no_other_study_is_deleted(run, own):
    run("copy", "t", "u", "--storage", own)
    assert run("delete", "u", "--storage", own, "--yes").exit_code == 0
    assert names(run, own) == ["t"]
    result = run("delete", "u", "--storage", own, "--yes")
    assert result.exit_code == 2
    assert "no study 'u'" in result.stderr
