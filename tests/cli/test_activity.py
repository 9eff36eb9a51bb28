import io

import pytest
from rich.console import Console

from paretocaps.cli.activity import LINE_SECONDS, QUIET_SECONDS, SOON_SECONDS, Activity, Step, draw_step


def drawn(renderable, width=100):
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(renderable)
    return console.file.getvalue()


def test_a_step_is_a_bar_with_the_time_that_is_left(clock):
    step = Step("reading images", 0, 20_000, clock()).then("reading images", 5_000, 20_000, clock())
    text = drawn(draw_step(step, clock() + 20))
    assert "reading images · 5,000 of 20,000 · 0:20 · about 1:00 left" in text
    assert "exporting · 0:03" in drawn(draw_step(Step("exporting", 0, 0, 0.0), 3.0))


def test_another_step_has_its_own_beginning():
    step = Step("a", 1, 2, 5.0).then("a", 2, 2, 7.0)
    assert step.started == 5.0
    assert step.then("b", 0, 0, 9.0).started == 9.0


def test_a_line_is_written_when_it_takes_a_while_and_rarely_then(clock, monkeypatch):
    monkeypatch.setattr("paretocaps.cli.activity.LINE_SECONDS", LINE_SECONDS)
    lines = []
    activity = Activity("exporting", None, lines.append, clock)
    activity.tell()
    clock.now += LINE_SECONDS
    activity.tell()
    activity.tell()
    assert lines == ["exporting"]
    activity("reading images", 1, 10)
    clock.now += LINE_SECONDS
    activity("reading images", 2, 10)
    activity.tell()
    clock.now += QUIET_SECONDS
    activity("reading images", 9, 10)
    activity.tell()
    assert lines == ["exporting", "reading images: 2 of 10", "reading images: 9 of 10"]


@pytest.mark.parametrize("width", [80, 200])
def test_on_a_terminal_it_is_drawn_after_a_while_and_removed(clock, width):
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    with Activity("exporting", console, clock=clock) as activity:
        assert "exporting" not in drawn(activity, width)
        clock.now += SOON_SECONDS
        assert "exporting" in drawn(activity, width)
    assert "\x1b[2K" in console.file.getvalue()


def test_its_thread_ends_with_it():
    with Activity("waiting", None, lambda line: None) as activity:
        pass
    assert not activity._thread.is_alive()


def test_messages_stay_above_the_bar(clock):
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    with Activity("exporting", console, clock=clock) as activity:
        activity.say("a [remark] on postgresql://me:secret@host/db")
    assert "a [remark] on postgresql://me:***@host/db\n" in console.file.getvalue()
    lines = []
    with Activity("exporting", None, lines.append, clock) as activity:
        activity.say("a remark")
    assert lines == ["a remark"]


def test_a_step_that_begins_again_has_its_own_beginning():
    assert Step("images", 90, 100, 1.0).then("images", 10, 100, 5.0).started == 5.0
