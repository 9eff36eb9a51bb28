from dataclasses import replace

import numpy as np

from paretocaps.domain.front_record import FrontMember
from paretocaps.report.trial_frame import members_frame, trials_frame


def test_quantities_without_a_value_are_numbers(trials):
    one_seed = [replace(trial, seeds=1) for trial in trials]
    frame = members_frame(one_seed)
    assert {frame[name].dtype for name in ("acc_sd", "time_low", "params_high")} == {np.dtype(float)}
    assert (frame["time_high"] - frame["time_low"]).isna().all()


def test_a_trial_has_its_state_and_reason(trials):
    failed = FrontMember(7, {}, {}, seeds=0)
    frame = trials_frame([trials[0], failed], ["finished", "failed"], [None, "broke"])
    assert frame.loc[1, ["trial", "state", "reason", "n"]].tolist() == [7, "failed", "broke", 0]
    assert frame.loc[0, "acc"] == 0.98
