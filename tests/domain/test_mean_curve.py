from paretocaps.domain.mean_curve import mean_curve
from paretocaps.domain.measurement import EpochRecord, best_epoch


def training(*accuracies, first=1):
    return [
        EpochRecord(epoch=n, acc=acc, seconds=1, time=n, wall=n, network=n > 2)
        for n, acc in enumerate(accuracies, first)
    ]


def test_the_curve_is_the_mean_over_trainings():
    curve = mean_curve([training(0.2, 0.9, 0.5), training(0.4, 0.5, 0.7)])
    assert [(epoch.epoch, round(epoch.acc, 12), epoch.network) for epoch in curve] == [
        (1, 0.3, 0), (2, 0.7, 0), (3, 0.6, 1)
    ]  # fmt: skip
    assert best_epoch(curve).epoch == 3  # of the last network


def test_it_ends_with_the_training_that_stopped_first():
    assert [epoch.epoch for epoch in mean_curve([training(0.1, 0.2, 0.3), training(0.1, 0.2)])] == [1, 2]
    assert mean_curve([training(0.1), []]) == ()
    assert mean_curve([]) == ()
