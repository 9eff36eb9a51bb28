from paretocaps.domain.front_record import LOADED, FrontMember
from paretocaps.report.line_styles import STYLES, line_styles, styles_of
from paretocaps.report.style import CYCLE


def test_trials_of_a_group_differ_in_colour_and_all_trials_in_style():
    found = line_styles({number: "ab"[number % 2] for number in range(14)})
    assert {found[number].color for number in range(7)} == set(CYCLE)
    assert {found[number].color for number in range(0, 14, 2)} == set(CYCLE)
    assert {found[number].color for number in range(1, 14, 2)} == set(CYCLE)
    assert len(set(found.values())) == 14


def test_there_is_a_style_for_any_number_of_trials():
    found = line_styles(dict.fromkeys(range(100), ""))
    assert len(set(found.values())) == len(STYLES) == 42
    assert found[0].faint(0.5) == "rgba(0,114,178,0.5)"


def test_the_markers_of_a_loaded_trial_are_hollow():
    style = line_styles({3: ""})[3]
    assert (style.opened.symbol, style.opened.color) == ("circle-open", style.color)
    assert (style.opened.hollow, style.hollow, style.opened.shape) == (True, False, "circle")


def test_members_come_first_and_some_of_everyone_are_hollow():
    loaded, quiet = FrontMember(2, {"family": "a"}, {}, flags=(LOADED,)), FrontMember(1, {"family": "a"}, {})
    found = styles_of([loaded, quiet], {7: "a", 2: "a"})
    assert [(trial, style.hollow) for trial, style in found.items()] == [(2, True), (1, False), (7, False)]
    assert found[1] == line_styles(dict.fromkeys((2, 1, 7), "a"))[1]
    assert not any(style.hollow for style in styles_of([loaded, quiet], everyone=[]).values())
