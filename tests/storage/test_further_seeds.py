def test_attempts_beyond_the_seeds_of_all_trials_are_listed(store, finish):
    finish(0)
    finish(0, seed=1, wall=3.0)
    store.start_attempt("s", 0, 2)
    finish(1)
    assert store.further_seeds("s", 0, 0) == [(0, 1, "finished", 3.0), (0, 2, "running", None)]
    assert store.further_seeds("s", 0, 2) == []
