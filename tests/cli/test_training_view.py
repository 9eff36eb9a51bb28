import io

import pytest
from rich.console import Console

from paretocaps.cli.training_view import LiveTrainingView, TrainingView, draw, epoch_text, open_training_view
from paretocaps.domain.forecast import EpochForecast


def test_an_epoch_is_a_line_and_the_best_is_told(job, record, clock):
    lines = []
    with TrainingView(lines.append, clock) as view:
        view.started(job(0), "ws")
        for number, acc in ((1, 0.8), (2, 0.9), (3, 0.7)):
            clock.now += 5
            view.epoch(job(0), record(number, acc, train_loss=0.25, val_loss=0.5))
        view.notice("something")
    assert lines[0].startswith("training ws: 4 epochs on digits, seed 0, cpu, into ")
    assert lines[2] == (
        "epoch 2 of 4: acc 0.9000, val. loss 0.5, loss 0.25 with reconstruction, lr 0.00087, batch 16, 1 s,"
        " the best so far"
    )
    assert lines[3].endswith("1 s")
    assert lines[-1] == "something"


def test_a_training_loss_of_the_classes_alone_is_just_a_loss(job, record):
    assert ", val. loss 0.5, loss 0.25, lr " in epoch_text(
        record(1, train_loss=0.25, val_loss=0.5), job(0, decoder="none")
    )


def test_many_quick_epochs_are_told_now_and_then(job, record, clock):
    lines = []
    view = TrainingView(lines.append, clock)
    for number in range(1, 5):
        view.epoch(job(0), record(number))
    assert [line.partition(":")[0] for line in lines] == ["epoch 1 of 4", "epoch 4 of 4"]


def test_ranks_are_named(job, clock):
    lines = []
    TrainingView(lines.append, clock).started(job(0).model_copy(update={"ranks": 2}), "ws")
    assert "cpu on 2 ranks, into" in lines[0]


@pytest.mark.parametrize(("width", "height"), [(100, 30), (40, 6)])
def test_the_drawing_fits_the_terminal(job, record, clock, width, height):
    view = TrainingView(lambda line: None, clock)
    view.started(job(0, epochs=40), "ws")
    for number in range(1, 20):
        clock.now += 1
        view.epoch(job(0, epochs=40), record(number, 0.5 + number / 100))
    console = Console(file=io.StringIO(), width=width, height=height)
    console.print(draw(view, job(0, epochs=40), height))
    lines = console.file.getvalue().splitlines()
    assert len(lines) <= height
    assert all(len(line) <= width for line in lines)
    assert "epoch 19" in lines[-1]
    if width == 100:
        assert "19 of 40 epochs · 0:19 · about 0:21 left · best acc 0.6900 (epoch 19)" in lines[0]


def test_in_a_narrow_terminal_values_are_left_out_and_none_is_cut(job, record, clock):
    view = TrainingView(lambda line: None, clock)
    view.started(job(0), "ws")
    view.epoch(job(0), record(1, 0.8, train_loss=0.0259, val_loss=0.03288))
    view.progress(job(0), "tuning", 0, 1)
    console = Console(file=io.StringIO(), width=80, height=24)
    console.print(draw(view, job(0), 24))
    bar, epoch = console.file.getvalue().splitlines()
    assert bar.rstrip().endswith(" 1 of 4 epochs · 0:00 · tuning · best acc 0.8000 (epoch 1)")
    assert epoch == "epoch 1: acc 0.8000, val. loss 0.03288, loss 0.0259 with reconstruction"


def test_the_live_view_leaves_only_what_is_to_stay(job, record, clock):
    console = Console(file=io.StringIO(), force_terminal=True, highlight=False, width=120)
    with LiveTrainingView(console, clock) as view:
        view.started(job(0), "ws")
        view.epoch(job(0), record(1))
        view.notice("a remark")
    assert "training ws: 4 epochs" in console.file.getvalue()
    assert "a remark" in console.file.getvalue()


def test_without_a_terminal_there_are_plain_lines():
    assert type(open_training_view(plain=False)) is TrainingView


def test_a_long_preparation_of_images_shows_life(clock):
    lines = []
    view = TrainingView(lines.append, clock)
    for done in range(20):
        view.preparing("reading images", done, 20)
        clock.now += 1
    assert lines == [f"reading images: {done} of 20" for done in (5, 10, 15)]


def test_within_the_first_epoch_its_steps_tell_how_far_it_is(job, clock):
    view = TrainingView(lambda line: None, clock)
    view.started(job(0), "ws")
    view.progress(job(0), "tuning", 0, 1)
    clock.now += 5
    view.progress(job(0), "epoch 1, step", 0, 400)
    clock.now += 10
    view.progress(job(0), "epoch 1, step", 200, 400)
    console = Console(file=io.StringIO(), width=120)
    console.print(draw(view, job(0), 24))
    assert "0 of 4 epochs · 0:15 · about 1:10 left · step 200 of 400" in console.file.getvalue()


def test_time_left_counts_epochs_by_their_steps_where_these_are_told(job, clock):
    view = TrainingView(lambda line: None, clock)
    view.started(job(0).model_copy(update={"device": "cuda:0"}), "ws")
    told = [EpochForecast(steps, {"step": 1.0}) for steps in (70, 10, 10, 10)]
    view.epochs_told(view.job, told)
    view.progress(job(0), "epoch 1, step", 0, 70)
    clock.now += 35
    view.progress(job(0), "epoch 1, step", 35, 70)
    assert view.seconds_left == pytest.approx(65)


def test_a_long_epoch_is_told_now_and_then(job, clock):
    lines = []
    view = TrainingView(lines.append, clock)
    view.started(job(0), "ws")
    for step in range(1, 80):
        clock.now += 1
        view.progress(job(0), "epoch 1, step", step, 100)
    assert lines[1:] == ["epoch 1, step 30 of 100", "epoch 1, step 60 of 100"]


def test_before_the_training_the_wait_is_drawn(clock):
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    with LiveTrainingView(console, clock) as view:
        view.preparing("reading images", 0, 400)
        clock.now += 10
        view.preparing("reading images", 100, 400)
        out = Console(file=io.StringIO(), width=80)
        out.print(view)
    assert "reading images · 100 of 400 · 0:10 · about 0:30 left" in out.file.getvalue()
