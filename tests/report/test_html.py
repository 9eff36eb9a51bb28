import os
from pathlib import Path

import pytest

from paretocaps.errors import UsageError
from paretocaps.report.figures import placeholder
from paretocaps.report.html import definitions_html, figure_html, table_html, write_page
from paretocaps.report.tables import Table

NAUGHTY = "</script><script>alert(1)</script>"


def test_cells_are_escaped_and_numbers_right_aligned():
    html = table_html(Table(("name", "n"), (False, True), ((NAUGHTY, "1"),)))
    assert NAUGHTY not in html
    assert '<td class="number">1</td>' in html


def test_marked_rows_are_shaded():
    html = table_html(Table(("", "n"), (False, True), (("knee", "1"), ("", "2"))))
    assert html.count('<tr class="marked">') == 1
    assert "marked" not in table_html(Table(("n",), (True,), (("1",),)))


def test_definitions_keep_line_breaks_and_escape():
    assert definitions_html({"<a>": "b\n<c>"}) == "<dl><dt>&lt;a&gt;</dt><dd>b<br>&lt;c&gt;</dd></dl>"


def test_a_figure_brings_no_script_of_its_own_and_no_markup_from_its_data():
    html = figure_html(placeholder(NAUGHTY), NAUGHTY)
    assert "<script>alert" not in html
    assert html.count("</script>") == 1
    assert len(html) < 10_000


def test_a_page_needs_no_network(tmp_path):
    text = write_page(tmp_path / "page.html", NAUGHTY, "<p>body</p>").read_text(encoding="utf-8")
    assert NAUGHTY not in text
    assert "<p>body</p>" in text
    head = text[: text.index("<script>")]
    assert "http" not in head
    assert "src=" not in head
    assert text.count("plotly.js v") == 1


def test_missing_folders_are_made_and_a_page_is_replaced(tmp_path):
    path = tmp_path / "a" / "b" / "page.html"
    assert write_page(path, "one", "") == path
    write_page(str(path), "two", "")
    assert "<title>two</title>" in path.read_text(encoding="utf-8")
    assert [entry.name for entry in path.parent.iterdir()] == ["page.html"]


def test_a_failure_while_writing_leaves_the_old_page_and_no_draft(tmp_path, monkeypatch):
    path = write_page(tmp_path / "page.html", "old", "")

    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(UsageError, match=r"page '.*page.html' .*: No space left on device: free some space"):
        write_page(path, "new", "")
    assert "<title>old</title>" in path.read_text(encoding="utf-8")
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.parametrize("place", [".", "..", "/", "sub", "sub/..", ""])
def test_a_folder_is_no_page(tmp_path, monkeypatch, place):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub" if place == ".." else tmp_path)
    with pytest.raises(UsageError, match=r"page '.*' cannot be written: it is a folder: name a file"):
        write_page(place, "t", "")
    assert [entry.name for entry in tmp_path.rglob("*")] == ["sub"]


@pytest.mark.parametrize("place", ["file/page.html", "file/deeper/page.html"])
def test_a_place_that_cannot_be_written_is_one_line(tmp_path, place):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match=r"page '.*' cannot be written: .*: name another file"):
        write_page(tmp_path / Path(place), "t", "")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]
