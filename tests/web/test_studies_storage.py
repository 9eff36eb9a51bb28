from optuna.trial import TrialState

from paretocaps import service
from paretocaps.service.managing import delete


def test_trials_are_those_of_optunas_storage_and_new_ones_are_read(optuna_side, url):
    from optuna.storages import RDBStorage

    key = optuna_side.get_study_id_from_name("other")
    assert optuna_side.get_all_trials(key) == RDBStorage.get_all_trials(optuna_side, key)
    service.optimize({"study": "other", "storage": url, "executor": "inline"}, more=1)
    assert [one.number for one in optuna_side.get_all_trials(key, states=(TrialState.COMPLETE,))] == [0, 1]
    assert len(optuna_side.get_all_trials(optuna_side.get_study_id_from_name("demo"))) == 5


def test_a_new_study_with_the_key_of_a_deleted_one_has_its_own_trials(optuna_side, views, url):
    key = optuna_side.get_study_id_from_name("other")
    (old,) = optuna_side.get_all_trials(key)
    first = views.trial(key, old._trial_id)[0]
    delete("other", url)
    own = {"study": "other", "storage": url, "trainer": "judged_probe", "executor": "inline"}
    service.optimize({**own, "objectives": "acc,time", "trials": 1, "epochs": 1, "seed": 7})
    assert optuna_side.get_study_id_from_name("other") == key
    (new,) = optuna_side.get_all_trials(key)
    assert (new._trial_id, new.datetime_start) != (old._trial_id, old.datetime_start)
    assert views.trial(key, new._trial_id)[0] is not first
