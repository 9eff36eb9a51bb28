import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.samplers import RandomSampler
from optuna.trial import TrialState, create_trial

from paretocaps.search.samplers import SAMPLERS
from paretocaps.search.warm_sampler import WarmSampler

X = FloatDistribution(0.0, 1.0)


class Priors:
    """Two prior trials, once the study has one trial."""

    def __init__(self):
        self.asked = []

    def told(self, own):
        self.asked.append(sum(trial.state.is_finished() for trial in own))
        return [create_trial(values=[k, k], params={"x": k / 2}, distributions={"x": X}) for k in range(2)]


class Seeing(RandomSampler):
    """Keeps what it was shown."""

    def __init__(self):
        super().__init__(seed=0)
        self.numbers, self.states = [], []

    def sample_independent(self, study, trial, name, distribution):
        trials = study.get_trials(deepcopy=False)
        self.numbers.append(([one.number for one in trials], trial.number))
        self.states.append([one.number for one in study.get_trials(states=(TrialState.RUNNING,))])
        return super().sample_independent(study, trial, name, distribution)


def test_a_sampler_sees_prior_trials_before_those_of_the_study():
    seeing, priors = Seeing(), Priors()
    study = optuna.create_study(directions=["minimize"] * 2, sampler=WarmSampler(seeing, priors))
    study.optimize(lambda trial: (trial.suggest_float("x", 0, 1), 1.0), n_trials=2)
    assert seeing.numbers == [([0, 1, 2], 2), ([0, 1, 2, 3], 3)]
    assert seeing.states == [[2], [3]]
    assert priors.asked == [0]
    assert [trial.number for trial in study.trials] == [0, 1]
    assert all("prior" not in trial.user_attrs for trial in study.trials)


@pytest.mark.parametrize("name", ["tpe", pytest.param("nsga2", marks=pytest.mark.slow)])
def test_samplers_that_learn_work_with_prior_trials(name):
    sampler = WarmSampler(SAMPLERS.get(name).optuna(0, 20), Priors())
    study = optuna.create_study(directions=["minimize"] * 2, sampler=sampler)
    study.optimize(lambda trial: (trial.suggest_float("x", 0, 1), trial.number), n_trials=12)
    assert len(study.trials) == 12
