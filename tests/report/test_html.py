import os
from pathlib import Path

import numpy as np
import pytest

from paretocaps.errors import UsageError
from paretocaps.evaluation.perturbation import PerturbationGrid
from paretocaps.evaluation.reconstructions import Reconstruction
from paretocaps.report.figures import placeholder
from paretocaps.report.html import in_words, templates, with_code, write_page
from paretocaps.report.plotted import plotted
from paretocaps.report.tables import Table

NAUGHTY = "</script><script>alert(1)</script>"
RANDOM = np.random.default_rng(0)


def part(template, macro, *content):
    return getattr(templates().get_template(f"{template}.html.jinja").module, macro)(*content)


def random_picture(*shape):
    return RANDOM.integers(0, 256, shape, dtype=np.uint8)


def test_cells_are_escaped_and_numbers_right_aligned():
    html = part("parts", "table", Table(("name", "n"), (False, True), ((NAUGHTY, "1"),)))
    assert NAUGHTY not in html
    assert '<td class="number">1</td>' in html
    assert "<th>name</th>" in html


def test_marked_rows_are_shaded():
    marked = Table(("", "n"), (False, True), (("knee", "1"), ("", "2")))
    assert part("parts", "table", marked).count('<tr class="marked">') == 1
    assert "marked" not in part("parts", "table", Table(("n",), (True,), (("1",),)))


def test_a_line_parts_groups_of_columns():
    table = Table(("a", "b", "c"), (False, True, False), (("1", "2", "3"),), (("one", 1), (NAUGHTY, 2)))
    html = part("parts", "table", table)
    assert '<th class="group" colspan="1">one</th><th class="group" colspan="2">&lt;/script' in html
    assert '<td>1</td><td class="number parted">2</td><td>3</td>' in html


def test_definitions_keep_line_breaks_and_escape():
    html = part("parts", "definitions", {"<a>": "b\n<c>"})
    assert "<dt>&lt;a&gt;</dt><dd>b<br>&lt;c&gt;</dd>" in html


def made(label, predicted):
    image, one, two = (random_picture(8, 8, 1) for _ in range(3))
    return Reconstruction(0, label, predicted, 0.514, image, one, two)


def test_right_answers_have_one_drawing_and_wrong_ones_two():
    names = ["<cat>", "dog"]
    right = part("pictures", "reconstructions", [made(0, 0), made(1, 1)], names)
    assert right.count("<img") == 4
    assert "&lt;cat&gt;" in right
    assert "0.51" in right
    assert "answer" not in right
    wrong = part("pictures", "reconstructions", [made(0, 1)], names)
    assert wrong.count("<img") == 3
    assert '<th class="wrong">dog</th>' in wrong
    assert part("pictures", "reconstructions", [], names).strip() == "<p>None.</p>"


def test_a_grid_has_a_row_for_each_dimension_and_says_its_steps():
    grid = PerturbationGrid(1, 0, random_picture(8, 8, 1), random_picture(16, 11, 8, 8, 1))
    html = part("pictures", "grid", grid, "a & b")
    assert html.count("<tr>") == 17
    assert html.count("<img") == html.count('src="data:image/png;base64,') == 17
    assert "class a &amp; b" in html
    assert "<span>-0.25</span><span>+0</span><span>+0.25</span>" in html


def test_a_figure_brings_no_script_of_its_own_and_no_markup_from_its_data():
    html = part("parts", "drawing", plotted(placeholder(NAUGHTY), NAUGHTY))
    assert "<script>alert" not in html
    assert html.count("</script>") == 1
    assert len(html) < 10_000


def test_a_page_needs_no_network(tmp_path):
    shown = [placeholder("one"), placeholder("two")]
    text = write_page(tmp_path / "page.html", "figures", NAUGHTY, figures=shown).read_text(encoding="utf-8")
    assert NAUGHTY not in text
    assert text.count('<figure class="drawing">') == 2
    head = text[: text.index("<script>")]
    assert "http" not in head
    assert "src=" not in head
    assert text.count("plotly.js v") == 1


def test_pages_of_a_folder_can_share_plotly_beside_them(tmp_path):
    for name in ("one", "two"):
        page = write_page(tmp_path / f"{name}.html", "figures", name, standalone=False, figures=[])
    script, *_ = sorted(tmp_path.glob("*.js"))
    assert [*tmp_path.glob("*.js")] == [script]
    assert f'<script src="{script.name}"></script>' in page.read_text(encoding="utf-8")
    assert page.stat().st_size < 20_000 < script.stat().st_size
    before = script.stat().st_mtime_ns
    write_page(tmp_path / "three.html", "figures", "three", standalone=False, figures=[])
    assert script.stat().st_mtime_ns == before


def test_missing_folders_are_made_and_a_page_is_replaced(tmp_path):
    path = tmp_path / "a" / "b" / "page.html"
    assert write_page(path, "figures", "one", figures=[]) == path
    write_page(str(path), "figures", "two", figures=[])
    assert "<title>two</title>" in path.read_text(encoding="utf-8")
    assert [entry.name for entry in path.parent.iterdir()] == ["page.html"]


def test_a_failure_while_writing_leaves_the_old_page_and_no_draft(tmp_path, monkeypatch):
    path = write_page(tmp_path / "page.html", "figures", "old", figures=[])

    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(UsageError, match=r"page '.*page.html' .*: No space left on device: free some space"):
        write_page(path, "figures", "new", figures=[])
    assert "<title>old</title>" in path.read_text(encoding="utf-8")
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.parametrize("place", [".", "..", "/", "sub", "sub/..", ""])
def test_a_folder_is_no_page(tmp_path, monkeypatch, place):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub" if place == ".." else tmp_path)
    with pytest.raises(UsageError, match=r"page '.*' cannot be written: it is a folder: name a file"):
        write_page(place, "figures", "t", figures=[])
    assert [entry.name for entry in tmp_path.rglob("*")] == ["sub"]


@pytest.mark.parametrize("place", ["file/page.html", "file/deeper/page.html"])
def test_a_place_that_cannot_be_written_is_one_line(tmp_path, place):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match=r"page '.*' cannot be written: .*: name another file"):
        write_page(tmp_path / Path(place), "figures", "t", figures=[])
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]


def test_a_page_has_no_password():
    shown = templates().from_string("{{ text }}").render(text="postgresql://me:pl4nted@host/db")
    assert shown == "postgresql://me:***@host/db"


def test_what_is_to_be_typed_is_code_and_the_rest_is_escaped():
    text = with_code("lower <lr>: `a < b` shows, in /home/me/x.db")
    assert text == "lower &lt;lr&gt;: <code>a &lt; b</code> shows, in x.db"
    assert with_code("one ` alone") == "one ` alone"


def test_the_lines_of_a_command_break_at_blanks_alone():
    shown = in_words("paretocaps train --set <a>=1 'b c' --storage /home/me/x.db")
    assert shown.startswith("paretocaps train <span>--set</span> &lt;a&gt;=1 &#39;b c&#39; <span>--storage<")
    assert "/home" not in shown
    assert ">copy<" in part("parts", "copied", "a --b")
