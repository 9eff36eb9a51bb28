"""Only what differs from the baseline, in short."""

from paretocaps.domain.beside_baseline import Baseline
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.trainer import TRAINERS
from paretocaps.report.beside_baseline import beside_text, beside_texts, common_text

BASELINE = Baseline.of("capsnet", {})


def member(**choices):
    return FrontMember(0, TRAINERS.get("capsnet").complete(choices, {}), {})


def test_a_trial_is_told_by_what_differs_in_three_figures():
    assert beside_text(member(lr_max=0.00123456, weight_sharing=True), BASELINE) == (
        "weight_sharing=true lr_max=0.00123"
    )
    assert beside_text(member(), BASELINE) == "the baseline"


def test_what_all_trials_have_is_told_once():
    trials = [member(lr_max=0.01), member(lr_max=0.01, batch_size=64)]
    assert beside_texts(trials, BASELINE) == ["-", "batch_size=64"]
    assert common_text(trials, BASELINE) == "lr_max=0.01"
    assert (beside_texts([], BASELINE), common_text([], BASELINE)) == ([], "")
    assert beside_texts([member(), member(batch_size=64)], BASELINE) == ["the baseline", "batch_size=64"]
