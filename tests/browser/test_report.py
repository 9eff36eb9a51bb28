"""What a reader does with a report: with the mouse, and with the keyboard alone."""

import csv
import io

import pytest


def texts(page, column):
    cells = page.locator(f"table.front tbody tr:visible td:nth-child({column})")
    return [text.split()[0] for text in cells.all_inner_texts()]


@pytest.fixture
def shown(opened, report):
    with opened(report) as found:
        yield found.page


def test_the_first_screen_answers(shown):
    for what in (".recommended h2", ".cards", ".recommended .command code"):
        box = shown.locator(what).bounding_box()
        assert box["y"] + box["height"] < 500
    figures = shown.locator("figure.drawing")
    assert [figures.nth(number).bounding_box()["y"] < 500 for number in (0, 1)] == [True, True]


def test_the_table_is_sorted_filtered_and_downloaded_unrounded(shown):
    with shown.expect_download() as download:
        shown.get_by_role("button", name="CSV").click()
    assert download.value.suggested_filename == "played-front.csv"
    text = download.value.path().read_text(encoding="utf-8")
    assert [row["trial"] for row in csv.DictReader(io.StringIO(text))] == texts(shown, 1)
    shown.locator("table.front thead button").first.click()
    numbers = [int(text) for text in texts(shown, 1)]
    assert numbers == sorted(numbers)
    shown.locator("table.front thead button").first.click()
    assert [int(text) for text in texts(shown, 1)] == numbers[::-1]
    shown.get_by_role("searchbox").fill("knee")
    assert len(texts(shown, 1)) == 1
    shown.get_by_role("searchbox").fill("no such choice")
    assert texts(shown, 1) == []


def test_names_show_and_hide_their_lines(shown):
    figure = shown.locator("figure.drawing").nth(1)
    figure.locator(".main-svg").first.wait_for()
    name, plot = figure.locator(".legend button").last, figure.locator(".plot")
    for pressed in ("false", "true"):
        name.click()
        assert name.get_attribute("aria-pressed") == pressed
        assert plot.evaluate("plot => plot.data.at(-1).visible") is (pressed == "true")


def test_everything_that_can_be_done_is_reached_by_the_keyboard(shown):
    of_page = "document.querySelectorAll('main button:not(details button), main summary, main input')"
    wanted = shown.evaluate(f"[...{of_page}].filter(one => !one.closest('.plot')).length")
    reached = set()
    for _ in range(2 * wanted):
        shown.keyboard.press("Tab")
        reached.add(shown.evaluate(f"[...{of_page}].indexOf(document.activeElement)"))
    assert len(reached - {-1}) >= wanted


def test_a_figure_is_drawn_when_it_comes_into_view_and_all_are_printed(shown):
    figures = shown.locator("figure.drawing")
    drawn = shown.locator("figure.drawing .plot.js-plotly-plot")
    assert drawn.count() < figures.count()
    shown.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert drawn.count() == figures.count()
