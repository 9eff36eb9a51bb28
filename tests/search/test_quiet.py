from optuna.samplers import TPESampler

from paretocaps.search.quiet import quietly


def test_an_experimental_sampler_is_made_without_a_warning():
    assert quietly(lambda: TPESampler(multivariate=True, group=True))._group  # a warning would be an error
