from paretocaps.execution.limits import FIRST_SIGN, SHORTEST, START, Limits


def test_a_silent_job_is_stalled():
    job = Limits(stall_timeout=30.0)
    job.hear("steps of epoch 2", 120, 3750)
    job.spend(29.0, 29.0)
    assert job.exceeded() is None
    job.spend(2.0, 2.0)
    failure = job.exceeded()
    assert failure.may_pass
    assert failure.reason.startswith(
        "stalled: nothing was heard of the training for 30s after steps of epoch 2 120 of 3,750; if it needs"
    )


def test_a_training_has_a_minute_to_begin():
    job = Limits(stall_timeout=30.0)
    job.spend(40.0, 40.0)
    job.ready()
    job.spend(40.0, 40.0)
    job.hear("the start", 0, 0)
    job.spend(50.0, 50.0)
    assert job.exceeded() is None
    job.spend(15.0, 15.0)
    assert job.exceeded().reason.startswith(
        "stalled: nothing was heard of the training for 1m after the start"
    )


def test_a_word_ends_a_silence():
    job = Limits(stall_timeout=30.0)
    for _ in range(5):
        job.hear("epoch 1")
        job.spend(20.0, 20.0)
        assert job.exceeded() is None


def test_seconds_in_which_nobody_listened_are_no_silence():
    job = Limits(stall_timeout=30.0)
    job.spend(50.0)
    job.spend(10_000.0, 10.0)
    assert job.exceeded() is None


def test_the_default_follows_from_the_silences_so_far():
    job = Limits()
    assert job.silence == START
    job.ready()
    assert job.silence == FIRST_SIGN
    job.hear("step", 1, 9)
    assert job.silence == SHORTEST
    job.spend(50.0, 50.0)
    job.hear("step", 2, 9)
    assert job.silence == 1000.0


def test_a_training_ends_at_its_timeout():
    job = Limits(trial_timeout=1800.0)
    job.begin()
    for _ in range(30):
        job.spend(60.0)
        job.hear("epoch 3 of 5")
    failure = job.exceeded()
    assert not failure.may_pass
    assert failure.reason.startswith("trial_timeout=30m was over after epoch 3 of 5: raise --trial-timeout")


def test_waiting_is_no_training():
    job = Limits(trial_timeout=50.0)
    for _ in range(5):
        job.spend(40.0)
        job.hear("waits for cpu", 0, 0)
        assert job.exceeded() is None


def test_a_worker_that_starts_does_not_train_yet():
    job = Limits(trial_timeout=5.0)
    job.spend(20.0)
    assert job.exceeded() is None
    job.hear("the start", 0, 0)
    job.spend(5.0)
    assert job.exceeded().reason.startswith("trial_timeout=5s was over after the start")
