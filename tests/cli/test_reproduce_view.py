import json
from pathlib import Path

from paretocaps.cli.reproduce_view import show_reproduced, write_tables
from paretocaps.service import Reproduced


def row(**others):
    costs = {"quick_seconds": 61.0, "cpu_seconds": None, "paper_seconds": 9e5}
    own = {"table": "t1", "paper": "Towers", "title": "Table 1", "shows": "towers", "study_file": "t.toml"}
    return {**own, **costs, "open": None, **others}


def test_a_table_has_its_costs_in_words(capsys):
    write_tables([row(), row(table="t2", open="no data")], "table")
    out = capsys.readouterr().out
    for said in ("61 s", "250 h", "Towers, Table 1", "open: no data"):
        assert said in out


def test_programs_get_the_whole_rows(capsys):
    write_tables([row()], "csv")
    assert "quick_seconds" in capsys.readouterr().out


def test_programs_get_the_figures(capsys, tmp_path):
    (tmp_path / "a.json").write_text('{"rows": []}')
    show_reproduced(Reproduced(tmp_path / "a.html", tmp_path / "a.json", (), "s", 4, 4), "json")
    assert json.loads(capsys.readouterr().out) == {"rows": []}


def test_how_to_go_on_is_told_where_time_was_up(capsys):
    show_reproduced(Reproduced(Path("a.html"), Path("a.json"), (), "s", 1, 4, "time is up"))
    captured = capsys.readouterr()
    assert captured.out.split() == ["a.html", "a.json"]
    assert "1 of 4 trainings" in captured.err
    assert "time is up" in captured.err
