from dataclasses import replace

from paretocaps.report.front_section import front_section
from paretocaps.report.line_styles import line_styles


def column(section, name):
    place = [heading for heading, _ in section.headings].index(name)
    return [row.cells[place] for row in section.rows]


def test_a_row_has_texts_for_people_and_numbers_to_sort_by(front):
    styles = line_styles(dict.fromkeys((0, 1, 2), ""))
    section = front_section(front, 0, styles, {0: "again"})
    assert [(row.trial, row.design, row.chosen, row.command) for row in section.rows] == [
        (1, "adabatch", False, ""),
        (0, "baseline", True, "again"),
        (2, "", False, ""),
    ]
    assert [row.style for row in section.rows] == [styles[1], styles[0], styles[2]]
    params = column(section, "params ↓")
    assert (params[0].text, params[0].value) == ("8.22 M", 8_215_728.0)
    assert (
        column(section, "beside the next better in acc")[1].text == "1.0 points less, 12x faster, same params"
    )
    assert [cell.text for cell in column(section, "seeds")] == ["1", "3", "1"]


def test_columns_are_there_where_some_member_has_something_in_them(front):
    headings = [name for name, _ in front_section(front, None, {}, {}).headings]
    assert headings[3:] == ["seeds", "beside the baseline", "beside the next better in acc"]
    first = replace(front.members[0], flags=("loaded",), probability=0.9, seeds=3)
    first = replace(first, values=first.values | {"test_acc": 0.9})
    alone = front_section(replace(front, members=(first,)), None, {}, {})
    assert [name for name, _ in alone.headings][3:] == ["test acc", "sure", "flags", "beside the baseline"]


def test_what_the_rows_say_is_of_the_whole_front_however_few_are_shown(front):
    whole, short = front_section(front, 2, {}, {}), front_section(front, 2, {}, {}, most=1)
    assert [row.trial for row in short.rows] == [whole.rows[0].trial, 2], "and the recommended one"
    assert short.rows == (whole.rows[0], whole.rows[2])
    assert short.headings == whole.headings
