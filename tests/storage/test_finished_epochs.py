from paretocaps.domain.measurement import Device, EpochRecord, Measurement


def measured(acc):
    epochs = tuple(
        EpochRecord(epoch=e, acc=acc / (3 - e), seconds=2.0 * e, time=2.0, wall=3.0, learning_rate=0.1)
        for e in (1, 2)
    )
    where = Device(name="cpu", kind="cpu")
    return Measurement(acc=acc, best_epoch=2, time=6.0, wall=9.0, params=9, device=where, epochs=epochs)


def test_the_latest_trainings_of_finished_trials_are_read_by_trial_seed_and_epoch(store):
    for number in (0, 1):
        store.start_trial("s", number, {"a": number})
        for seed, acc in ((5, 0.2), (4, 0.4), (5, 0.8)):
            store.finish_attempt(store.start_attempt("s", number, seed), measured(acc))
    store.finish_trial("s", 1)
    rows = store.finished_epochs("s", [0, 1, 7])
    assert [(one.trial, one.seed, one.epoch, one.acc, one.seconds) for one in rows] == [
        (1, 4, 1, 0.2, 2.0),
        (1, 4, 2, 0.4, 4.0),
        (1, 5, 1, 0.4, 2.0),
        (1, 5, 2, 0.8, 4.0),
    ]
    assert {one.device for one in rows} == {"cpu"}


def test_accuracies_are_those_of_the_last_attempt_of_a_seed_in_any_state(store):
    store.start_trial("s", 0, {"a": 0})
    for seed, acc in ((5, 0.2), (4, 0.4), (5, 0.8)):
        store.finish_attempt(store.start_attempt("s", 0, seed), measured(acc))
    store.start_trial("s", 1, {"a": 1})
    assert store.accuracies("s", 5) == {0: {1: 0.4, 2: 0.8}}
