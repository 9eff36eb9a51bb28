import io
import re

import pytest
from rich.console import Console

from paretocaps.cli.live import LiveView, draw
from paretocaps.domain.remaining import Remaining


def screen(view, width, height):
    """Return what a terminal of this size shows, and its lines."""
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    console.print(draw(view, view.spec, width, height))
    return console.file.getvalue().rstrip("\n").split("\n")


@pytest.fixture
def view(clock, spec, job, record, front):
    """A study of ten trials with three finished, one failed and two running."""
    view = LiveView(Console(file=io.StringIO(), width=80, height=24), clock)
    super(LiveView, view).opened(spec, 0)
    for trial in range(3):
        view.trial_started(job(trial), f"design{trial}")
        clock.now += 20
        view.trial_finished(trial, {"acc": 0.9 + trial / 100, "time": 3.0, "params": 6_708_400})
    view.trial_failed(3, "the training loss became NaN in epoch 2")
    view.front_changed(front)
    view.trial_started(job(4), "wab_ws")
    view.trial_started(job(5, attempt=2, lr_policy="one_cycle", weight_sharing=True), None)
    clock.now += 5
    view.epoch(job(4), record(1, acc=0.96))
    clock.now += 4
    view.epoch(job(4), record(2, acc=0.95))
    return view


def test_a_screen_says_what_runs_what_ended_and_what_is_best(view):
    lines = screen(view, 100, 30)
    text = "\n".join(lines)
    assert lines[0] == "demo  digits · acc, time, params · gaussian"
    assert re.search(r"3 of 10 trials · 1 failed · 1:09 · about 0:59 left", lines[1])
    assert "trial 4  wab_ws" in text
    assert "2/4 epochs · 0:09 · acc 0.9500 · best 0.9600 · lr 0.00087 · batch 16" in text
    assert "trial 5  weight_sharing=true lr_policy=one_cycle  attempt 2" in text
    assert "0/4 epochs · 0:09" in text
    assert "trial 2 finished: acc 0.9200, time 3.00 s, params 6.71 M  design2" in text
    assert "trial 3 failed: the training loss became NaN in epoch 2" in text
    assert "front: 3 trials with acc>=0.9 (1 more misses it)" in text
    table = text.partition("front: ")[2]
    assert "0.9877" in table
    assert "0.1100" not in table


@pytest.mark.parametrize(("width", "height"), [(80, 24), (140, 40), (60, 16), (40, 12), (200, 60)])
def test_it_fits_the_terminal(view, width, height):
    lines = screen(view, width, height)
    assert len(lines) < height
    assert max(map(len, lines)) <= width
    assert any(line.startswith("front: ") for line in lines)


@pytest.mark.parametrize("workers", [4, 8, 16])
def test_many_workers_leave_room_for_the_front(view, job, workers):
    for trial in range(10, 10 + workers):
        view.trial_started(job(trial), None)
    lines = screen(view, 80, 24)
    assert len(lines) < 24
    assert "more running)" in "\n".join(lines)
    assert any(line.strip().startswith("3  0.9877") for line in lines)


def test_before_the_first_trial(clock, spec):
    view = LiveView(Console(file=io.StringIO(), width=80, height=24), clock)
    super(LiveView, view).opened(spec, 0)
    lines = screen(view, 80, 24)
    assert "0 of 10 trials · 0:00" in lines[1]
    assert "left" not in lines[1]
    assert lines[-1] == "front: no trial yet"


def test_replicates_name_their_seed(clock, spec, job):
    view = LiveView(Console(file=io.StringIO(), width=80, height=24), clock)
    super(LiveView, view).opened(spec.model_copy(update={"repeats": 3}), 0)
    view.trial_started(job(0, seed=2), "baseline")
    assert "trial 0  baseline  seed 2" in "\n".join(screen(view, 80, 24))


def test_further_seeds_are_counted_beside_the_trials(clock, spec, job):
    view = LiveView(Console(file=io.StringIO(), width=80, height=24), clock)
    super(LiveView, view).opened(spec.model_copy(update={"more_repeats": 2}), 10)
    view.seeds_missing(10, 20)
    view.trial_started(job(3, seed=1), "ws")
    view.seed_finished(3, 1, {"acc": 0.9})
    lines = screen(view, 80, 24)
    assert "10 of 10 trials · 1 of 20 further seeds · 0:00" in lines[1]
    assert any(line.startswith("trial 3 has seed 1 too: acc 0.9000") for line in lines)


def test_text_in_brackets_is_no_markup(view):
    view.notice("[bold]look[/bold]")
    assert "[bold]look[/bold]" in "\n".join(screen(view, 100, 30))


def test_failures_and_notices_stay_when_it_is_closed(clock, spec):
    out = io.StringIO()
    console = Console(file=out, width=80, height=24, force_terminal=True, color_system=None)
    with LiveView(console, clock) as view:
        view.opened(spec, 0)
        view.notice("design wab skipped")
        view.trial_finished(0, {"acc": 0.9})
        view.trial_failed(1, "[Errno 12] out of memory")
        view.closed()
        before = out.getvalue()
    assert out.getvalue() == before
    left = before.rpartition("\x1b[2K")[2]
    assert "design wab skipped\ntrial 1 failed: [Errno 12] out of memory\n" in left
    assert "finished" not in left
    with view:  # a page is prepared afterwards
        pass
    assert "design wab skipped" not in out.getvalue().rpartition("\x1b[2K")[2]


def test_it_is_removed_when_the_run_fails(clock, spec):
    out = io.StringIO()
    console = Console(file=out, width=80, height=24, force_terminal=True, color_system=None)

    def run():
        with LiveView(console, clock) as view:
            view.opened(spec, 0)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert "\x1b[?25h" in out.getvalue()  # the cursor is shown again


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_preparation_is_a_bar(clock, width):
    file = io.StringIO()
    console = Console(file=file, width=width, height=24, force_terminal=True, color_system=None)
    with LiveView(console, clock) as view:
        view.preparing("preparing images", 0, 20_000)
        clock.now += 20
        view.preparing("preparing images", 5_000, 20_000)
        file.truncate(0)
        console.print(view)
    (line,) = [line for line in file.getvalue().split("\n") if "preparing" in line][:1]
    assert "preparing images" in line
    if width >= 80:
        assert "preparing images · 5,000 of 20,000 · 0:20 · about 1:00 left" in line


def test_a_study_follows_its_preparation(clock, spec):
    view = LiveView(Console(file=io.StringIO(), width=80, height=24), clock)
    view.preparing("preparing images", 9, 9)
    view.notice("1 image that cannot be read is left out: 3.png")
    with view:
        view.opened(spec, 0)
        text = "\n".join(screen(view, 80, 24))
    assert "0 of 10 trials" in text
    assert "3.png" not in text


def test_what_is_told_before_a_study_is_open_is_printed_at_once_and_stays(clock, spec):
    view = LiveView(Console(file=io.StringIO(), width=80, height=24), clock)
    view.notice("3 classes: ant, bee, cat")
    assert view.console.file.getvalue() == "3 classes: ant, bee, cat\n"
    with view:
        view.opened(spec, 0)
    assert view.console.file.getvalue().count("3 classes") == 1


def test_a_long_notice_is_whole_where_there_is_room(view, job):
    notice = "waiting up to 10m for storage 'sqlite:////home/me/studies/mnist.db': database is locked:"
    view.notice(f"{notice} another program holds its lock: end that program")
    text = " ".join("\n".join(screen(view, 80, 40)).split())
    assert f"{notice} another program holds its lock: end that program" in text
    for trial in range(10, 20):
        view.trial_started(job(trial), None)
    assert "program holds" not in "\n".join(screen(view, 80, 24))


def test_a_resumed_training_keeps_its_place(view, job, record):
    resumed = job(4, attempt=2)
    view.training_resumed(resumed, 1)
    view.trial_started(resumed, "wab_ws")
    text = "\n".join(screen(view, 100, 30))
    assert "trial 4  wab_ws  attempt 2" in text
    assert "2/4 epochs · 0:00 · acc 0.9500 · best 0.9600 · lr 0.00087 · batch 16" in text
    assert "trial 4 goes on from the checkpoint of attempt 1" in text
    view.trial_started(job(4, attempt=3), "wab_ws")
    assert "0/4 epochs · 0:00" in "\n".join(screen(view, 100, 30))


@pytest.mark.parametrize("width", [80, 200])
def test_a_training_moves_within_an_epoch_by_its_steps(view, job, width):
    view.progress(job(4), "epoch 3, step", 50, 100)
    view.progress(job(5, attempt=2), "calibrating", 0, 0)
    text = "\n".join(screen(view, width, 24))
    assert " 2/4 epochs · 0:09 · step 50 of 100 · acc 0.9500" in text
    assert "0/4 epochs · 0:09 · calibrating" in text


def test_a_narrow_terminal_cuts_no_word_and_no_value(clock, spec, job, record, front):
    view = LiveView(Console(file=io.StringIO(), width=60, height=24), clock)
    super(LiveView, view).opened(spec, 0)
    choices = {"routing_iterations": 2, "decoder": "none", "lr_policy": "one_cycle", "lr_max": 0.00882}
    view.trial_started(job(0, **choices), None)
    view.trial_finished(0, {"acc": 0.9, "time": 3.0, "params": 6_708_400})
    view.trial_started(job(1, attempt=2, **choices), None)
    view.epoch(job(1, attempt=2), record(1, acc=0.96))
    view.front_changed(front)
    view.remains(Remaining(trials=9, seconds=600.0, hypervolume=0.5, expected=0.6))
    lines = [line.rstrip() for line in screen(view, 60, 24)]
    assert "trial 1  routing_iterations=2 decoder=none …  attempt 2" in lines
    assert "━━ 1/4 epochs · 0:00 · acc 0.9600 · lr 0.00087" in [re.sub(" +", " ", x) for x in lines]
    assert "trial 0 finished: acc 0.9000, time 3.00 s, params 6.71 M  …" in lines
    assert "front: 3 trials with acc>=0.9 (1 more misses it)" in lines


def test_what_a_training_waits_for_is_whole(view, job):
    view.progress(job(5, attempt=2), "waits for cpu: process 7 of study a, b trains there", 0, 0)
    text = "\n".join(screen(view, 120, 30))
    assert "0/4 epochs · 0:09 · waits for cpu: process 7 of study a, b trains there" in text


def test_what_the_driver_does_is_a_bar(view, clock):
    view.preparing("judging the test part", 1, 4)
    clock.now += 10
    assert "judging the test part · 1 of 4 · 0:10 · about 0:30 left" in screen(view, 100, 24)[2]
    view.preparing("judging the test part", 4, 4)
    assert screen(view, 100, 24)[2] == ""


def test_what_is_said_before_the_study_breaks_no_word(clock):
    console = Console(file=io.StringIO(), width=30, force_terminal=True, color_system=None)
    LiveView(console, clock).notice("300 of 1,294 training, 100 of 144 validation images")
    assert console.file.getvalue() == "300 of 1,294 training, 100 of\n144 validation images\n"
