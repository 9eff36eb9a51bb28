import json
from dataclasses import replace

import optuna_dashboard
import pytest

from paretocaps.domain.estimate import Estimate
from paretocaps.domain.requirement import parse_requirements
from paretocaps.errors import StorageError
from paretocaps.report.figures import front_figures, placeholder
from paretocaps.web.optuna_side import load_study, open_studies
from paretocaps.web.publish import front_note, publish


@pytest.fixture
def attributes(url):
    """Return a function that reads the study's attributes, as the dashboard does."""

    def read():
        storage = open_studies(url)
        found = storage.get_study_system_attrs(storage.get_study_id_from_name("demo"))
        storage.remove_session()
        storage.engine.dispose()
        return found

    return read


def figures_in(attributes):
    """Return the figures the dashboard would show, as dictionaries by identifier."""
    parts = {}
    for key, text in attributes.items():
        if key.startswith("dashboard:plot_data:"):
            name, number = key.removeprefix("dashboard:plot_data:").rsplit(":", 1)
            parts.setdefault(name, {})[int(number)] = text
    return {name: json.loads("".join(t for _, t in sorted(texts.items()))) for name, texts in parts.items()}


def note_of(url):
    storage = open_studies(url)
    note = optuna_dashboard.get_note(load_study(storage, "demo"))
    storage.remove_session()
    storage.engine.dispose()
    return note


def write_note(url, text):
    storage = open_studies(url)
    optuna_dashboard.save_note(load_study(storage, "demo"), text)
    storage.remove_session()
    storage.engine.dispose()


def test_the_note_is_the_fronts_table(front):
    first, second = front.members
    first = replace(first, estimates={"acc": Estimate(0.99, 1, None, 0.982, 0.994)})
    first, second = replace(first, level={"acc": (0,)}), replace(second, level={"acc": (1,)})
    assert front_note(replace(front, members=(first, second), validation_images=500)) == (
        "### Front over acc, time\n\n"
        "|  | trial | acc ↑ | time ↓ | choices |\n"
        "| --- | ---: | ---: | ---: | --- |\n"
        "| knee | 1 | ≈ 0.990 ±0.008 | 120 s | batch_size=1 |\n"
        "|  | 0 | ≈ 0.9800 | 10.0 s | batch_size=128 |\n"
        "\nHypervolume 100.\n"
        "\n±: the larger half of the 95 % interval, over one seed's images (Wilson).\n"
        "\nacc of trial 0 has no interval: the number of validation images was not recorded.\n"
        "\n≈: level with the best of its column, trial 1 in acc;"
        " no paired test at 5 % tells them apart.\n"
        "\n500 validation images: one is 0.2 points of acc.\n"
    )


def test_the_note_says_within_which_bounds(front):
    bounds = parse_requirements("acc>=0.9")
    note = front_note(replace(front, requirements=bounds))
    assert "\nHypervolume 100.\n" in note
    assert note.endswith(".\n\nOnly trials with acc>=0.9.\n")
    empty = front_note(replace(front, members=(), requirements=bounds))
    assert empty == "### Front over acc, time\n\nNo trial is on it yet.\n\nOnly trials with acc>=0.9.\n"


def test_no_text_in_the_note_is_html(front):
    hostile = "<img src=x onerror=alert(1)>"
    first, second = front.members[:2]
    note = front_note(
        replace(front, members=(replace(first, design=hostile, choices={"a": hostile}), second))
    )
    assert "&lt;img" in note
    assert "<img" not in note


def test_figures_and_front_are_in_the_study(url, front, attributes):
    publish(url, "demo", front, front_figures(front))
    shown = figures_in(attributes())
    assert list(shown) == ["front-acc-time"]
    assert shown["front-acc-time"]["layout"]["title"]["text"] == "acc over time"
    assert shown["front-acc-time"]["layout"]["height"] == 450
    assert front_note(front) in note_of(url)


def test_publishing_again_writes_nothing_new(url, front, attributes):
    publish(url, "demo", front, front_figures(front))
    before = attributes()
    publish(url, "demo", front, front_figures(front))
    assert attributes() == before
    assert before["dashboard:note_ver"] == 1


def test_another_front_replaces_the_first(url, front, attributes):
    publish(url, "demo", front, {"a": placeholder("x" * 5_000), "b": placeholder("second")})
    publish(url, "demo", type(front)("demo", front.objectives, None, 0.0, ()), {"a": placeholder("new")})
    shown = figures_in(attributes())
    assert shown["a"]["layout"]["title"]["text"] == "new"
    assert shown["b"]["layout"]["title"]["text"] == "(no longer drawn)"
    note = note_of(url)
    assert "No trial is on it yet" in note
    assert "batch_size" not in note
    publish(url, "demo", front, {"b": placeholder("second")})
    assert figures_in(attributes())["b"]["layout"]["title"]["text"] == "second"


def test_what_a_person_wrote_stays(url, front):
    write_note(url, "My *own* words.")
    publish(url, "demo", front, {})
    assert note_of(url).startswith("My *own* words.\n\n[//]: # (paretocaps front)\n")
    write_note(url, note_of(url) + "\nMore of them, with a \\1 in it.")
    publish(url, "demo", type(front)("demo", front.objectives, None, 0.0, ()), {})
    note = note_of(url)
    assert note.startswith("My *own* words.")
    assert note.endswith("More of them, with a \\1 in it.")
    assert note.count("### Front over") == 1


def test_an_identifier_the_dashboard_would_refuse_is_spelt_otherwise(url, front, attributes):
    publish(url, "demo", front, {"front-time_to(acc=0.99)": placeholder("x")})
    assert list(figures_in(attributes())) == ["front-time_to_acc_0.99_"]


def test_the_callers_figure_keeps_its_height(url, front):
    figure = placeholder("x")
    publish(url, "demo", front, {"a": figure})
    assert figure.layout.height == 200


def test_an_unknown_study_is_refused(url, front):
    with pytest.raises(StorageError, match="no Optuna study 'other'"):
        publish(url, "other", front, {})
