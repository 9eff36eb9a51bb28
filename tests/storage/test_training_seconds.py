from paretocaps.domain.measurement import EpochRecord


def epoch(number, seconds, wall=None):
    wall = seconds if wall is None else wall
    return EpochRecord(epoch=number, acc=0.5, seconds=seconds, time=seconds, wall=wall)


def test_the_seconds_of_every_training_count_whatever_became_of_it(store):
    store.create_study("other", {"objectives": ["acc", "time"]})
    for study, number in (("s", 0), ("s", 3), ("other", 0)):
        store.start_trial(study, number, {"n": number}, None)
        for seed in (0, 1):
            key = store.start_attempt(study, number, seed)
            store.record_epochs([(key, epoch(1, 2.0))])
    assert store.seconds_by_trial("s") == {0: 4.0, 3: 4.0}
    assert store.training_seconds("s") == 8.0


def test_epochs_before_a_checkpoint_count_once_and_those_trained_again_twice(store):
    store.start_trial("s", 0, {}, None)
    first = store.start_attempt("s", 0, 0)
    for number, seconds in enumerate((1.0, 2.0, 4.0), 1):
        store.record_epochs([(first, epoch(number, seconds))])
    second = store.start_attempt("s", 0, 0)
    store.resume_attempt(second, first.attempt)
    for number, seconds in enumerate((1.0, 2.0, 8.0), 1):
        store.record_epochs([(second, epoch(number, seconds))])
    assert store.training_seconds("s") == 15.0


def test_an_epoch_whose_seconds_were_settled_anew_counts_once(store):
    store.start_trial("s", 0, {}, None)
    first = store.start_attempt("s", 0, 0)
    store.record_epochs([(first, epoch(1, 2.0, wall=3.0))])
    second = store.start_attempt("s", 0, 0)
    store.resume_attempt(second, first.attempt)
    for record in (epoch(1, 1.9, wall=3.0), epoch(2, 2.0, wall=5.0)):
        store.record_epochs([(second, record)])
    assert store.training_seconds("s") == 4.0


def test_what_an_attempt_took_over_counts_once_though_the_one_between_told_nothing(store):
    store.start_trial("s", 0, {}, None)
    first, second, third = (store.start_attempt("s", 0, 0) for _ in range(3))
    for key in (first, third):
        store.record_epochs([(key, epoch(1, 2.0))])
    store.resume_attempt(second, first.attempt)
    store.resume_attempt(third, second.attempt)  # whose process died before it told an epoch
    store.record_epochs([(third, epoch(2, 3.0))])
    assert store.training_seconds("s") == 5.0
