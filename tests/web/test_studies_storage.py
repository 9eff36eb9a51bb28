from optuna.trial import TrialState

from paretocaps import service


def test_trials_are_those_of_optunas_storage_and_new_ones_are_read(optuna_side, url):
    from optuna.storages import RDBStorage

    key = optuna_side.get_study_id_from_name("other")
    assert optuna_side.get_all_trials(key) == RDBStorage.get_all_trials(optuna_side, key)
    service.optimize({"study": "other", "storage": url, "executor": "inline"}, more=1)
    assert [one.number for one in optuna_side.get_all_trials(key, states=(TrialState.COMPLETE,))] == [0, 1]
    assert len(optuna_side.get_all_trials(optuna_side.get_study_id_from_name("demo"))) == 5
