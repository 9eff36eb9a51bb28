import numpy as np

from paretocaps.search.trees import TREES, Trees

ROWS = np.random.default_rng(0).random((30, 3)).astype(np.float32)
TARGETS = np.stack([ROWS[:, 0] * 2, ROWS[:, 1] - ROWS[:, 2]], axis=1).astype(float)


def grown(rows=ROWS, targets=TARGETS, seed=0):
    return Trees(rows, targets, np.random.default_rng(seed))


def test_every_tree_knows_what_it_was_grown_on():
    predicted = grown().predict(ROWS)
    assert predicted.shape == (TREES, 30, 2)
    assert np.allclose(predicted, TARGETS)


def test_trees_disagree_between_the_rows_and_follow_from_the_seed():
    other = np.random.default_rng(1).random((9, 3)).astype(np.float32)
    predicted = grown().predict(other)
    assert (predicted.std(axis=0) > 0).all()
    assert np.array_equal(predicted, grown().predict(other))
    assert not np.array_equal(predicted, grown(seed=1).predict(other))


def test_a_single_output_is_a_column():
    assert grown(targets=TARGETS[:, :1]).predict(ROWS).shape == (TREES, 30, 1)
