"""A training of a study that hangs, is stopped, diverges, runs out of memory or ends without a result."""

import pytest
from harness.invariants import check

LIMIT = ["--stall-timeout", "1"]
PASSES = {
    "hang": (LIMIT, "stalled: nothing was heard"),
    "stop": (LIMIT, "stalled: nothing was heard"),
    "memory": ([], "out of memory"),
    "device_memory": ([], "out of memory"),
    "kill": ([], "signal 9"),
}
"""What goes well the next time: the options of the study, and the reason that is stored."""
ENDS = {
    "nan": "acc=nan",
    "inf": "time=inf",
    "exit": "exit code 0",
    "system_exit": "SystemExit",
    "raise": "the labels are upside down",
}
"""What ends the trial, and its reason."""


@pytest.mark.parametrize("fault", list(PASSES))
def test_what_may_pass_is_tried_again_and_costs_no_trial(make_study, fault):
    options, reason = PASSES[fault]
    study = make_study(options=options, environment={"KNOWN_FAULTS": f"1.1.2={fault}"})
    study.complete()
    check(study)
    ((stored,),) = study.rows("SELECT reason FROM paretocaps_attempts WHERE state <> 'finished'")
    assert reason in stored


@pytest.mark.parametrize("fault", list(ENDS))
def test_what_may_not_pass_ends_its_trial_and_the_study_goes_on(make_study, fault):
    study = make_study(environment={"KNOWN_FAULTS": f"1.*.2={fault}"})
    study.complete()
    check(study, failed=1)
    ((stored,),) = study.rows("SELECT reason FROM paretocaps_trials WHERE state = 'failed'")
    assert ENDS[fault] in stored


def test_what_never_passes_ends_its_trial_after_two_more_attempts(make_study):
    study = make_study(environment={"KNOWN_FAULTS": "1.*.1=kill"})
    study.complete()
    check(study, failed=1)
    assert study.rows("SELECT count(*) FROM paretocaps_attempts WHERE state = 'failed'") == [(3,)]


def test_a_training_whose_driver_died_has_limits_too(make_study):
    study = make_study(environment={"KNOWN_FAULTS": "0.1.2=hang"})
    driver = study.start()
    study.until("SELECT epoch FROM paretocaps_epochs")
    driver.kill()
    study.complete("--trial-timeout", "1")
    check(study, failed=1)
    ((stored,),) = study.rows("SELECT reason FROM paretocaps_trials WHERE state = 'failed'")
    assert stored.startswith("trial_timeout=1s was over")
