from paretocaps.domain.progress import Throttled, WithProgress, progress_of, tuned_of, unheard
from paretocaps.domain.tuning import DEFAULT, Tuning


def test_an_epochs_function_has_one_for_the_progress_in_between():
    told = []
    on_epoch = WithProgress(lambda epoch: epoch < 2, lambda *args: told.append(args))
    assert [on_epoch(1), on_epoch(2)] == [True, False]
    progress_of(on_epoch)("steps", 3, 10)
    assert told == [("steps", 3, 10)]


def test_progress_is_lost_where_nobody_hears_it():
    progress_of(lambda epoch: True)("steps", 3, 10)


def test_progress_is_passed_on_at_most_once_in_a_while():
    told, now = [], iter([0.0, 0.5, 1.0, 1.9, 2.1])
    throttled = Throttled(lambda *args: told.append(args), 1.0, lambda: next(now))
    for step in range(5):
        throttled("steps", step, 5)
    assert [done for _, done, _ in told] == [0, 2, 4]


def test_an_epochs_function_has_one_that_keeps_tunings():
    kept = Tuning(products="onednn")
    on_epoch = WithProgress(lambda epoch: True, unheard, lambda device, key, tuning: kept)
    assert tuned_of(on_epoch)("cpu", "key", DEFAULT) == kept


def test_a_tuning_that_nobody_keeps_is_used():
    for on_epoch in (lambda epoch: True, WithProgress(lambda epoch: True, unheard)):
        assert tuned_of(on_epoch)("cpu", "key", Tuning(threads=2)) == Tuning(threads=2)
