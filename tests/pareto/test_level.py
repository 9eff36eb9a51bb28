import itertools

import numpy as np
import pytest
from scipy.stats import binomtest, ttest_rel

from paretocaps.pareto.level import over_images, over_one_seed, over_seeds

NAN = np.nan


def mistakes(only_first, only_second, both=2, right=3):
    """Return the mistakes of two networks, given how many images only one of them gets wrong."""
    first = [True] * only_first + [False] * only_second + [True] * both + [False] * right
    second = [False] * only_first + [True] * only_second + [True] * both + [False] * right
    return np.array([first, second])


@pytest.mark.parametrize("discordant", [0, 1, 5, 6, 7, 20, 51, 400])
def test_images_are_compared_by_the_exact_binomial_test(discordant):
    for alone in range(max(0, discordant // 2 - 30), discordant // 2 + 1):
        p = binomtest(alone, discordant).pvalue if discordant else 1.0
        level = over_images(mistakes(alone, discordant - alone))
        assert level[0, 1] == level[1, 0] == (p > 0.05), (alone, p)


def test_five_images_are_not_enough_and_six_are():
    assert over_images(mistakes(0, 5))[0, 1]
    assert not over_images(mistakes(0, 6))[0, 1]


def test_seeds_are_compared_by_the_paired_t_test():
    random = np.random.default_rng(0)
    values = 0.9 + 0.02 * random.standard_normal((6, 1)) + 0.01 * random.standard_normal((6, 4))
    values[2, 1] = NAN
    found = over_seeds(values)
    several = set()
    for i, j in itertools.permutations(range(6), 2):
        common = ~np.isnan(values[i] + values[j])
        p = ttest_rel(values[i, common], values[j, common]).pvalue
        assert found.level[i, j] == (p > 0.05)
        several.add(bool(found.level[i, j]))
    assert several == {True, False}
    assert found.known.tolist() == (~np.eye(6, dtype=bool)).tolist()


def test_constant_differences_have_no_test():
    values = np.array([[900.0, 800.0], [900.0, 800.0], [901.0, 801.0]])
    found = over_seeds(values)
    assert found.level.tolist() == [[False, True, False], [True, False, False], [False, False, False]]
    assert found.known[0, 2]


def test_one_image_in_every_seed_does_not_tell_shares_apart():
    values = np.array([[0.90, 0.80], [0.91, 0.81], [0.99, 0.89]])
    assert over_seeds(values, 0.01).level.tolist() == [
        [False, True, False],  # 1 image: t = 3.5, below 12.7; 9 images: t = 31
        [True, False, False],
        [False, False, False],
    ]
    assert not over_seeds(values).level.any()


def test_one_common_seed_is_not_compared_over_seeds_but_counts_are_by_equality():
    values = np.array([[7.0, 8.0, NAN], [NAN, 8.0, 9.0], [NAN, 6.0, NAN], [NAN, NAN, 9.0]])
    assert not over_seeds(values).known.any()
    found = over_one_seed(values)
    pairs = [(int(i), int(j)) for i, j in zip(*np.nonzero(np.triu(found.known)), strict=True)]
    assert pairs == [(0, 1), (0, 2), (1, 2), (1, 3)]
    assert {pair for pair in pairs if found.level[pair]} == {(0, 1), (1, 3)}
    both = over_seeds(np.array([[1.0, 2.0], [1.0, 2.0], [3.0, NAN]])).or_else(
        over_one_seed(np.array([[1.0, 2.0], [1.0, 2.0], [3.0, NAN]]))
    )
    assert both.known.tolist() == (~np.eye(3, dtype=bool)).tolist()
    assert (both.level[0, 1], both.level[0, 2]) == (True, False)
