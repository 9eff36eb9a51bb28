from dataclasses import replace

import pytest

from paretocaps.domain.estimate import Estimate
from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.own_loop import NAME
from paretocaps.domain.requirement import parse_requirements
from paretocaps.storage.records import TrialRecord
from paretocaps.storage.schema import now
from paretocaps.web.notes import study_note, trial_note, with_ours
from paretocaps.web.study_view import StudyView

VALUES = [(0.98, 10.0), (0.99, 120.0), (0.10, 15.0)]


def record(number, state="finished", reason=None):
    return TrialRecord(number, state, {"batch_size": 2**number}, None, reason, now(), None, ())


@pytest.fixture
def view():
    trials = {
        number: FrontMember(number, {"batch_size": 2**number}, {"acc": acc, "time": time})
        for number, (acc, time) in enumerate(VALUES)
    }
    objectives = parse_objectives("acc,time")
    front = FrontRecord("demo", objectives, (0.09, 132.0), 100.0, (trials[1], trials[0]))
    records = {number: record(number) for number in trials}
    return StudyView(objectives, front, "", records, trials, {}, {}, {}, {})


def test_the_note_of_a_study_is_its_fronts_table(view):
    first, second = view.front.members
    first = replace(first, estimates={"acc": Estimate(0.99, 1, None, 0.982, 0.994)}, flags=("loaded",))
    front = replace(view.front, members=(first, second), validation_images=500)
    assert study_note(replace(view, front=front), "/report") == (
        "### Front over acc, time\n\n"
        "[Report](/report)\n\n"
        "|  | trial | acc ↑ | time ↓ | beside the baseline | beside the member above |\n"
        "| --- | ---: | ---: | ---: | --- | --- |\n"
        "| knee, loaded | 1 | 0.990 ±0.008 | 120 s | batch_size=2 | the best acc |\n"
        "|  | 0 | 0.9800 | 10.0 s | batch_size=1 | 1.0 points less, 12x faster |\n"
        "\nHypervolume 100.\n"
        "\n±: the larger half of the 95 % interval, over one seed's images (Wilson).\n"
        "\nacc of trial 0 has no interval: the number of validation images was not recorded.\n"
        "\nwhether trials 0, 1 are level with others in acc is not known: a test needs two seeds in common,"
        " or one seed of which predictions are kept.\n"
        "\n500 validation images: one is 0.2 points of acc.\n"
    )


def test_it_says_within_which_bounds_and_why_there_is_no_front(view):
    bounds = parse_requirements("acc>=0.9")
    bounded = replace(view, front=replace(view.front, requirements=bounds))
    assert study_note(bounded, "/r").endswith("\nOnly trials with acc>=0.9.\n")
    empty = replace(view, front=replace(view.front, members=(), requirements=bounds))
    assert study_note(empty, "/r").endswith("No trial is on it yet.\n\nOnly trials with acc>=0.9.\n")
    near = replace(empty, front=replace(empty.front, nearest=(view.trials[0],)))
    assert "#### The nearest trials\n\n| trial |" in study_note(near, "/r")
    refused = replace(view, refused="two devices: name one")
    assert study_note(refused, "/r").endswith("\n\ntwo devices: name one.\n")


def test_the_collapsed_corner_is_apart(view):
    whole = replace(view.front, members=(*view.front.members, view.trials[2]))
    note = study_note(replace(view, front=whole.answers()), "/r")
    assert "\n1 trial apart: acc below 0.9.\n" in note
    assert note.endswith(
        "\n#### Collapsed corner\n\n| trial | acc ↑ | time ↓ | beside the baseline |\n"
        "| ---: | ---: | ---: | --- |\n| 2 | 0.1000 | 15.0 s | batch_size=4 |\n"
    )


def test_no_text_in_a_note_is_html(view):
    hostile = "<img src=x onerror=alert(1)>"
    first, second = view.front.members
    first = replace(first, choices={"a": hostile})
    records = {**view.records, 1: replace(view.records[1], design=hostile, choices={"a": hostile})}
    trials = {**view.trials, 1: first}
    shown = replace(view, front=replace(view.front, members=(first, second)), records=records, trials=trials)
    for note in (study_note(shown, "/r"), trial_note(shown, 1, "/r")):
        assert "&lt;img" in note
        assert "<img" not in note


def test_the_command_of_a_note_names_the_database_and_is_code_whatever_the_name(view):
    shown = replace(view, front=replace(view.front, study="a`<b>"), storage="own.db")
    assert "``paretocaps train 'a`<b>' --trial 1 --storage own.db`` trains" in trial_note(shown, 1, "/r")


def test_a_trial_that_a_loop_of_ones_own_trained_has_no_command(view):
    shown = replace(view, front=replace(view.front, trainer=NAME))
    assert trial_note(shown, 1, "/r").endswith("\n\n[Report](/r)\n")


def test_a_note_of_a_trial_says_where_it_stands_and_how_it_differs(view):
    assert trial_note(view, 0, "/report") == (
        "Trial 0 is on the front.\n\n"
        "Beside the baseline: batch_size=1.\n\n"
        "Beside trial 1: 1.0 points less, 12x faster.\n\n"
        "Beside the knee, trial 1: 1.0 points less, 12x faster.\n\n"
        "`paretocaps train demo --trial 0` trains it again, fully. [Report](/report)\n"
    )
    assert trial_note(view, 1, "/r").startswith("Trial 1 is the knee of the front.\n")


def test_it_says_why_a_trial_is_on_no_front(view):
    bounded = replace(view, front=replace(view.front, requirements=parse_requirements("acc>=0.9")))
    assert "Trial 2 is not on the front: it breaks acc>=0.9." in trial_note(bounded, 2, "/r")
    low = replace(view, trials={**view.trials, 2: replace(view.trials[2], flags=("collapsed",))})
    assert "Trial 2 is not on the front: it is in the collapsed corner." in trial_note(low, 2, "/r")
    assert "Collapsed: no better than always answering" in trial_note(low, 2, "/r")
    stopped = replace(view, records={3: record(3, "stopped", "beaten by trial 1")})
    note = trial_note(stopped, 3, "/r")
    assert note.startswith("Trial 3 is stopped.\n\nStopped: beaten by trial 1.\n\nBeside the baseline: ")
    assert trial_note(view, 7, "/r") == ""


def test_what_a_person_wrote_stays():
    note = with_ours("My *own* words.", "first")
    assert note.startswith("My *own* words.\n\n[//]: # (paretocaps front)\n")
    again = with_ours(note + "\nMore of them, with a \\1 in it.", "second")
    assert "first" not in again
    assert again.count("second") == 1
    assert again.startswith("My *own* words.")
    assert again.endswith("More of them, with a \\1 in it.")
    assert with_ours("", "alone").startswith("[//]")
