import pytest

from paretocaps.domain.choices import Choices
from paretocaps.domain.estimate import Estimate
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.measurement import EpochRecord
from paretocaps.report.policies import policy_curve, shown_trials
from paretocaps.schedules.plan import build_plan

WARM = {"family": "capsnet", "lr_policy": "warm_restarts", "cycle": "epoch", "batch_size": 16}
WAB = {"lr_policy": "warm_restarts", "cycle": "phase", "batch_schedule": "adabatch", "growth": "once"}


def trial(choices, design=None, number=7):
    return FrontMember(number, choices, {}, design)


def trained(choices, accuracies, images=64):
    """Records as the built-in trainer writes them: the rate is that of the epoch's last step."""
    rows = build_plan(Choices(**choices), images, len(accuracies)).rows()
    return [
        EpochRecord(
            epoch=row.epoch,
            steps=row.steps,
            batch_size=row.batch_size,
            learning_rate=row.lr_last,
            acc=acc,
            seconds=1.0,
            time=1.0 * row.epoch,
            wall=1.0,
        )
        for row, acc in zip(rows, accuracies, strict=True)
    ]


def test_accuracy_is_the_mean_over_seeds_with_the_interval_of_students_t():
    trainings = [trained(WARM, accuracies) for accuracies in ([0.5, 0.9], [0.6, 0.9], [0.7, 0.9])]
    curve = policy_curve(trial(WARM, "warm"), trainings, "capsnet", 2)
    told = policy_curve(trial(WARM), trainings, "capsnet", 2, ["batch_size", "lr_policy", "n"]).choices
    assert told == ("batch_size=16", "lr_policy=warm_restarts")
    assert (curve.name, curve.family, curve.seeds, curve.batch_sizes) == (
        "trial 7 (warm)",
        "capsnet",
        3,
        (16, 16),
    )
    first, second = curve.acc
    half = 4.302652729696142 * 0.1 / 3**0.5  # t of 2 degrees of freedom at 97.5 %
    assert (first.value, first.low, first.high) == pytest.approx((0.6, 0.6 - half, 0.6 + half))
    assert (second.value, second.low, second.high) == pytest.approx((0.9, 0.9, 0.9))


def test_one_seed_has_no_band_and_seeds_share_the_epochs_that_all_reached():
    assert policy_curve(trial(WARM), [trained(WARM, [0.5])], "capsnet", 1).acc == (Estimate(0.5, 1),)
    uneven = [trained(WARM, [0.5, 0.6, 0.7])[:2], trained(WARM, [0.5, 0.6, 0.7])]
    assert len(policy_curve(trial(WARM), uneven, "capsnet", 3).acc) == 2
    assert policy_curve(trial(WARM), [], "capsnet", 3) is None


def test_learning_rates_are_those_of_the_steps_and_not_only_of_the_epochs_ends():
    curve = policy_curve(trial(WARM), [trained(WARM, [0.5, 0.6])], "capsnet", 2)
    falling = [(0.0, 1e-3), (0.25, 8.68e-4), (0.5, 5.5e-4), (0.75, 2.32e-4)]
    again = [(1 + at, rate) for at, rate in falling]
    wanted = [*falling, *again, (2.0, 2.32e-4)]
    assert sum(curve.rates, ()) == pytest.approx(sum(wanted, ()), rel=1e-3)


def test_a_plan_cut_short_is_drawn_as_far_as_it_was_trained():
    records = trained(WAB, [0.5, 0.6, 0.7, 0.8, 0.9])
    curve = policy_curve(trial(WAB), [records[:4]], "capsnet", 5)
    assert (curve.rates[0], curve.rates[-1]) == ((0.0, 1e-3), (4.0, records[3].learning_rate))
    assert (3.0, 1e-3) in curve.rates
    assert curve.batch_sizes == (1, 1, 1, 16)


def test_rates_of_other_trainers_and_plans_are_those_of_the_records():
    records = trained(WARM, [0.5, 0.6])
    recorded = tuple((record.epoch, record.learning_rate) for record in records)
    assert policy_curve(trial(WARM), [records], "not installed", 2).rates == recorded
    assert policy_curve(trial({"n": 1}), [records], "capsnet", 2).rates == recorded
    assert policy_curve(trial(WAB), [records], "capsnet", 2).rates == recorded


def test_designs_are_shown_and_all_trials_where_there_are_none():
    named, other = trial(WARM, "warm", 0), trial(WARM, None, 1)
    assert shown_trials([named, other], 9) == [named]
    assert shown_trials([other], 9) == [other]
    assert len(shown_trials([trial(WARM, None, number) for number in range(50)], 9)) == 9
