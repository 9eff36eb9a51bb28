import json
import threading

from paretocaps import service


def test_a_view_is_read_again_when_the_study_has_changed(views, optuna_side, url, monkeypatch):
    monkeypatch.setattr("paretocaps.web.current_views._REST", 0.0)
    key = optuna_side.get_study_id_from_name("other")
    first = views.trial(key, optuna_side.get_trial_id_from_study_id_trial_number(key, 0))[0]
    assert len(json.loads(views.detail(key, 0))["trials"]) == 1
    assert views.trial(key, optuna_side.get_trial_id_from_study_id_trial_number(key, 0))[0] is first
    service.optimize({"study": "other", "storage": url, "executor": "inline"}, more=1)
    detail = json.loads(views.detail(key, 0))
    assert [one["number"] for one in detail["trials"]] == [0, 1]
    assert "Trial 1 " in detail["trials"][1]["note"]["body"]


def test_threads_read_a_view_once(views, optuna_side, monkeypatch):
    from paretocaps.web import current_views

    reads, read = [], current_views.read_view
    monkeypatch.setattr(current_views, "read_view", lambda *a, **k: (reads.append(a), read(*a, **k))[1])
    key = optuna_side.get_study_id_from_name("demo")
    threads = [threading.Thread(target=views.detail, args=(key, 0)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reads) == 1


def test_a_study_that_our_tables_lack_is_optunas(views, optuna_side):
    from optuna.study import StudyDirection

    key = optuna_side.create_new_study([StudyDirection.MINIMIZE], "foreign")
    assert views.name(key) is None
    assert views.detail(key, 0) is None
    assert views.name(999) is None
