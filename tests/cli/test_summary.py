from dataclasses import replace

import pytest

from paretocaps.cli.progress import Progress
from paretocaps.cli.summary import show_summary
from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.report.front import Front
from paretocaps.service import RunSummary


@pytest.fixture
def view(clock, spec, front):
    view = Progress(clock)
    view.opened(spec, 0)
    view.front_changed(front)
    clock.now += 151
    return view


def summary(front, **values):
    given = {"study": "demo", "finished": 10, "failed": 0, "exhausted": False, "storage": DEFAULT_STORAGE}
    return RunSummary(**{**given, **values}, front=Front.from_record(front))


def test_the_front_is_data_and_the_rest_is_talk(view, front, capsys):
    kept = replace(front, members=front.members[:3])
    show_summary(summary(kept, failed=2, stopped=3), view)
    captured = capsys.readouterr()
    assert [line[:7].split()[-1] for line in captured.out.splitlines()[2:5]] == ["3", "7", "9"]
    assert captured.err.splitlines()[:2] == [
        "study demo: 10 trials finished, 2 failed, 3 stopped early in 2:31",
        "front: 3 trials with acc>=0.9 (1 more misses it)",
    ]
    assert "paretocaps front demo" in captured.err


def test_collapsed_trials_are_counted_with_the_remedy(view, front, capsys):
    show_summary(summary(front, collapsed=3), view)
    assert capsys.readouterr().err.splitlines()[1] == (
        "3 of them collapsed: no better than always answering the largest class: lower lr_max"
        " (see `paretocaps lr-range`)"
    )


def test_no_member_keeps_the_requirements(view, front, capsys):
    view.front_changed(replace(front, members=front.members[3:]))
    show_summary(summary(replace(front, members=())), view)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "front: no trial meets acc>=0.9 yet (1 misses it)" in captured.err


def test_commands_ask_for_the_device_whose_front_is_shown(view, front, capsys):
    one = replace(front, device="cpu A", devices=("cpu A",))
    show_summary(summary(one), view)
    assert "--measured-on" not in capsys.readouterr().err
    show_summary(summary(replace(one, devices=("cpu A", "cpu B"))), view)
    lines = capsys.readouterr().err.splitlines()
    assert [line.count("--measured-on 'cpu A'") for line in lines[-3:]] == [1, 1, 0]
