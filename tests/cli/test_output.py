import csv
import io
import json
import os
import pty
import sys
from contextlib import redirect_stdout, suppress

from hypothesis import given
from hypothesis import strategies as st

from paretocaps.cli.output import (
    PIPE_WIDTH,
    chart_width,
    console,
    note,
    rows_table,
    say,
    screen,
    show,
    write_csv,
    write_json,
    write_rows,
)

ROWS = [
    {"name": "conv1", "params": 20_992, "share": 1 / 3, "open": True, "of": ["a", "b"]},
    {"name": "[bold]x", "params": 5_308_672, "share": 0.5, "open": False, "of": {"k": 1}},
]


def test_json_is_unrounded(capsys):
    write_rows(ROWS, "json")
    assert json.loads(capsys.readouterr().out) == ROWS


def test_csv_has_a_line_a_row(capsys):
    write_rows(ROWS, "csv")
    first, second = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert float(first["share"]) == 1 / 3
    assert (first["open"], first["of"]) == ("true", '["a", "b"]')
    assert (second["name"], second["of"]) == ("[bold]x", '{"k": 1}')


def test_csv_has_the_columns_of_every_row(capsys):
    write_csv([{"a": 1}, {"a": 2, "b": "x,y"}])
    assert capsys.readouterr().out == 'a,b\n1,\n2,"x,y"\n'


def test_csv_runs_no_formula(capsys):
    write_csv([{"name": "=1+1", "-b": -1}])
    assert capsys.readouterr().out == "name,'-b\n'=1+1,-1\n"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_floats_survive_json_and_csv(values):
    rows = [{"value": value} for value in values]
    with redirect_stdout(io.StringIO()) as text:
        write_rows(rows, "json")
    assert json.loads(text.getvalue()) == rows
    with redirect_stdout(io.StringIO()) as text:
        write_rows(rows, "csv")
    assert [float(row["value"]) for row in csv.DictReader(io.StringIO(text.getvalue()))] == values


def test_a_table_is_for_people(capsys):
    write_rows(ROWS, "table")
    heading, _, first, second = capsys.readouterr().out.splitlines()
    assert heading.split() == ["name", "params", "share", "open", "of"]
    assert first.split() == ["conv1", "20,992", "0.3333", "yes", "a,", "b"]
    assert second.split() == ["[bold]x", "5,308,672", "0.5", "no", "k=1"]


def test_lines_in_a_pipe_are_never_folded(capsys):
    write_rows([{"path": "x" * 300, "reason": "word " * 60}], "table")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "x" * 300 in lines[2]
    assert not lines[2].endswith(" ")


def test_a_table_in_a_pipe_is_as_wide_as_columns_says(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    assert chart_width() == 40
    write_rows([{"path": "x" * 300, "reason": "word " * 60}], "table")
    assert max(map(len, capsys.readouterr().out.splitlines())) == 40
    monkeypatch.setenv("COLUMNS", "0")
    assert (console().width, chart_width()) == (PIPE_WIDTH, 80)


def test_columns_of_later_rows_stay_in_their_place(capsys):
    show(rows_table([{"a": "one", "b": "two"}, {"b": "three", "a": None}]))
    assert [line.split() for line in capsys.readouterr().out.splitlines()[2:]] == [
        ["one", "two"],
        ["-", "three"],
    ]


def test_no_rows(capsys):
    write_rows([], "table")
    assert capsys.readouterr().out == "(none)\n"
    write_rows([], "json")
    assert json.loads(capsys.readouterr().out) == []


def test_talk_is_no_data(capsys):
    say("reading")
    write_json({"é": 1})
    captured = capsys.readouterr()
    assert captured.err == "reading\n"
    assert json.loads(captured.out) == {"é": 1}
    assert "é" in captured.out


def test_what_is_written_to_a_closed_terminal_is_lost(monkeypatch):
    reader, writer = pty.openpty()
    stream = os.fdopen(writer, "w")
    with monkeypatch.context() as changed:
        changed.setattr(sys, "stderr", stream)
        changed.setenv("TERM", "xterm")
        drawing = screen()
        os.close(reader)
        drawing.print("nobody reads this")
    with suppress(OSError):
        stream.close()


def test_a_note_breaks_no_word_on_a_terminal_and_is_one_line_elsewhere(capsys, monkeypatch):
    note("one two three")
    assert capsys.readouterr().err == "one two three\n"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "8")
    note("one two three")
    assert capsys.readouterr().err == "one two\nthree\n"


def test_a_table_breaks_no_word_where_there_is_room(monkeypatch, capsys):
    rows = [
        {
            "state": "incomplete",
            "hypervolume": "0.3254",
            "about": "so many words that they have to be wrapped",
        }
    ]
    monkeypatch.setenv("COLUMNS", "40")
    show(rows_table(rows))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 40
    assert "incomplete  0.3254" in lines[2]


def test_a_table_that_does_not_fit_without_breaking_words_is_a_list_for_each_row(monkeypatch, capsys):
    row = {"state": "incomplete", "hypervolume": "0.3254", "about": "words that have to be wrapped"}
    monkeypatch.setenv("COLUMNS", "24")
    show(rows_table([row, {**row, "state": "complete"}]))
    lines = capsys.readouterr().out.splitlines()
    first = [
        "state        incomplete",
        "hypervolume  0.3254",
        "about        words that",
        " " * 13 + "have to be",
    ]
    assert lines == [
        *first,
        " " * 13 + "wrapped",
        "",
        first[0].replace("in", ""),
        *first[1:],
        " " * 13 + "wrapped",
    ]


def test_an_arrow_stays_beside_its_heading_and_a_unit_beside_its_number(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "17")
    show(rows_table([{"test params ↓": "9.00 k", "about": "one two"}], right=("test params ↓",)))
    assert capsys.readouterr().out.splitlines() == [
        "    test",
        "params ↓  about",
        "─" * 17,
        "  9.00 k  one two",
    ]
