"""A training that diverges, raises or ends without a result, in a whole study."""

import pytest
from harness.invariants import check

ENDS = {
    "nan": "acc=nan",
    "inf": "time=inf",
    "exit": "exit code 0",
    "system_exit": "SystemExit",
    "raise": "the labels are upside down",
}
"""What ends the trial, and its reason."""


@pytest.mark.parametrize("fault", list(ENDS))
def test_what_may_not_pass_ends_its_trial_and_the_study_goes_on(make_study, fault):
    study = make_study(environment={"KNOWN_FAULTS": f"1.*.2={fault}"})
    study.complete()
    check(study, failed=1)
    ((stored,),) = study.rows("SELECT reason FROM paretocaps_trials WHERE state = 'failed'")
    assert ENDS[fault] in stored
