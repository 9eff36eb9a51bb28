from filled_study import FinishedTrial, fill_study


def many(measure, count):
    return [
        FinishedTrial(
            number=number,
            choices={"batch_size": number},
            measurements={
                seed: measure(acc=number / count, time=1.0 + seed, quantities={"robust": 0.5})
                for seed in (4, 5)
            },
            design="wab" if number == 0 else None,
        )
        for number in range(count)
    ]


def test_trials_that_a_study_is_filled_with_are_like_any_other(store, measure):
    first, *others = many(measure, 20)
    fill_study(store, "s", others)
    fill_study(store, "s", [first])
    table = store.table("s", ["acc", "time", "robust"])
    assert table.values[10].tolist() == [0.5, 5.5, 0.5]
    assert table.seeds.tolist() == [2] * 20
    trial = store.trial("s", 0)
    assert (trial.state, trial.design, trial.choices) == ("finished", "wab", {"batch_size": 0})
    assert [attempt.key.seed for attempt in trial.attempts] == [4, 5]
    assert trial.attempts[1].measurement == many(measure, 20)[0].measurements[5]
    assert [one.choices["batch_size"] for one in store.trials("s")] == list(range(20))
