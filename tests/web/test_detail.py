import json
from dataclasses import replace

import pytest

from paretocaps.domain.requirement import parse_requirements
from paretocaps.web.detail import study_detail


@pytest.fixture
def parts(views, optuna_side):
    """Return the key, the view, Optuna's trials and its attributes of the study."""
    key = optuna_side.get_study_id_from_name("demo")
    view, _ = views.trial(key, optuna_side.get_trial_id_from_study_id_trial_number(key, 0))
    return key, view, optuna_side.get_all_trials(key), optuna_side.get_study_system_attrs(key)


@pytest.mark.slow  # imports optuna-dashboard
def test_it_has_what_optunas_own_answer_has(parts, optuna_side):
    from optuna_dashboard import wsgi

    key, ours = parts[0], json.loads(json.dumps(study_detail(*parts, "/report")))
    asked = {"REQUEST_METHOD": "GET", "PATH_INFO": f"/api/studies/{key}", "QUERY_STRING": "after=0"}
    theirs = json.loads(b"".join(wsgi(optuna_side)(asked, lambda *_: None)))
    assert ours.keys() == theirs.keys()
    assert ours["union_search_space"] == theirs["union_search_space"]
    assert ours["intersection_search_space"] == theirs["intersection_search_space"]
    same = "trial_id", "study_id", "number", "state", "values", "datetime_start"
    for own, other in zip(ours["trials"], theirs["trials"], strict=True):
        assert own.keys() == other.keys()
        assert [own[name] for name in same] == [other[name] for name in same]
        for value, whole in zip(own["params"], other["params"], strict=True):
            # the page reads types and distributions from the search space; here they are half of the answer
            assert value.items() <= whole.items()
            assert whole.keys() - value.keys() == {"param_external_pytyp", "distribution"}


def test_trials_have_their_attributes_units_curves_and_files(parts):
    detail = study_detail(*parts, "/report")
    first = detail["trials"][0]
    attributes = {one["key"]: one["value"] for one in first["user_attrs"]}
    assert {"wall (s)", "best_epoch", "device"} <= attributes.keys()
    assert attributes["device"] == "cpu"
    assert attributes["macs"] == str(parts[1].trials[0].values["macs"]).removesuffix(".0")
    assert attributes["macs"].isdecimal()
    assert {"key": "best_epoch", "sortable": True} in detail["union_user_attrs"]
    assert [one["step"] for one in first["intermediate_values"]] == [1, 2, 3]
    assert first["artifacts"][0]["filename"] == "curves.csv"
    assert "Beside the baseline: " in first["note"]["body"]


def test_files_that_people_uploaded_are_shown_until_they_are_deleted(parts):
    key, view, trials, attributes = parts
    described = {"artifact_id": "1-a", "filename": "notes.txt", "mimetype": "text/plain", "encoding": None}
    kept = {"artifacts:1-a": json.dumps(described), "artifacts:1-b": "null"}
    trials[0].system_attrs |= kept
    detail = study_detail(key, view, trials, {**attributes, **kept}, "/report")
    assert detail["artifacts"] == [described]
    assert detail["trials"][0]["artifacts"][1:] == [described]


def test_the_best_trials_are_our_front_and_others_break_its_bounds(parts):
    key, view, trials, attributes = parts
    best = view.trials[view.knee.trial].values["acc"]
    bounds = parse_requirements(f"acc>={best}")
    kept = tuple(member for member in view.front if bounds[0].met(member.values))
    bounded = replace(view, front=replace(view.front, members=kept, requirements=bounds))
    detail = study_detail(key, bounded, trials, attributes, "/report")
    assert [one["number"] for one in detail["best_trials"]] == sorted(member.trial for member in kept)
    for one in detail["trials"]:
        broken = any(excess > 0 for excess in one["constraints"])
        assert broken == (view.trials[one["number"]].values["acc"] < best)


def test_only_later_trials_are_sent_again(parts):
    assert [one["number"] for one in study_detail(*parts, "/report", after=4)["trials"]] == [4]
