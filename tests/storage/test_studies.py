import math
from datetime import UTC, datetime, timedelta

import pytest

from paretocaps.domain.failure import Failure
from paretocaps.domain.slot import Slot
from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import DivergedError, StorageError, UsageError


def test_a_study_comes_back(store):
    spec = StudySpec(study="mnist", trials=4, fix={"decoder": "none"}, designs=("wab",))
    store.create_study("mnist", spec.model_dump(mode="json"))
    found = store.study("mnist")
    assert StudySpec(**found.spec) == spec
    assert found.name == "mnist"
    assert found.reference_point is None
    assert found.created.tzinfo is UTC
    assert abs(datetime.now(UTC) - found.created) < timedelta(minutes=1)


def test_a_study_keeps_the_order_of_its_space(store):
    spec = StudySpec(study="ordered", space={"b": [1, 2], "a": {"low": 1, "high": 2}, "c": [1, 2]})
    store.create_study("ordered", spec.model_dump(mode="json"))
    assert list(store.study("ordered").spec["space"]) == ["b", "a", "c"]
    store.set_spec("ordered", spec.model_copy(update={"trials": 9}).model_dump(mode="json"))
    assert StudySpec(**store.study("ordered").spec).space == spec.space
    assert list(store.study("ordered").spec["space"]) == ["b", "a", "c"]


def test_a_study_keeps_the_facts_about_it_and_what_it_does_not_sample(store):
    assert (store.study("s").facts, store.study("s").without_effect) == (None, ())
    store.set_facts("s", {"training images": 9})
    store.create_study("new", {}, {"ranks": 1}, ["growth", "cycle"], {"files": 2})
    assert store.study("s").facts == {"training images": 9}
    new = store.study("new")
    assert (new.facts, new.without_effect, new.content) == ({"ranks": 1}, ("growth", "cycle"), {"files": 2})
    store.set_content("s", {"files": 3})
    assert store.study("s").content == {"files": 3}


def test_a_study_keeps_its_first_slots(store):
    assert store.study("s").slots is None
    first, second = (Slot(name="core 0", cores=(0,)),), (Slot(name="cpu", cores=(0, 1)),)
    assert store.keep_slots("s", first) == first
    assert store.keep_slots("s", second) == first
    assert store.study("s").slots == first
    with pytest.raises(StorageError, match="no study 'other'"):
        store.keep_slots("other", first)


def test_a_name_is_taken_once(store):
    with pytest.raises(StorageError, match="study 's' is already in 'sqlite:"):
        store.create_study("s", {})
    assert len(store.study_names()) == 1


def test_a_missing_study_has_the_nearest_name(store):
    store.create_study("fashion", {})
    with pytest.raises(
        StorageError, match=r"no study 'fasion': did you mean 'fashion'\? \(known: fashion, s\)"
    ):
        store.study("fasion")
    with pytest.raises(StorageError, match="no study 'fasion'"):
        store.counts("fasion")


def test_many_studies_are_not_all_listed(store):
    for number in range(25):
        store.create_study(f"n{number:02d}", {})
    with pytest.raises(StorageError, match=r"n19, \.\.\.\)"):
        store.study("zzz")


@pytest.mark.parametrize("name", ["ünï çode", "'; DROP TABLE x; --", "a%b", "x" * 200])
def test_any_name_will_do(store, name):
    store.create_study(name, {})
    assert store.study(name).name == name


def test_the_list_counts_by_state(store, finish):
    store.create_study("empty", {"objectives": ["acc", "macs"]})
    for number in range(3):
        finish(number)
    store.start_trial("s", 3, {})
    store.start_trial("s", 4, {})
    store.fail_trial("s", 4, Failure("out of memory"))
    second, first = store.standings()
    assert store.study_names() == [first.name, second.name] == ["s", "empty"]
    assert first.trials == {
        "running": 1,
        "finished": 3,
        "failed": 1,
        "interrupted": 0,
        "stopped": 0,
        "rejected": 0,
    }
    assert second.trials == {
        "running": 0,
        "finished": 0,
        "failed": 0,
        "interrupted": 0,
        "stopped": 0,
        "rejected": 0,
    }
    assert second.spec["objectives"] == ["acc", "macs"]


def test_a_spec_can_be_replaced(store):
    store.set_spec("s", {"trials": 50})
    assert store.study("s").spec == {"trials": 50, "study": "s"}
    with pytest.raises(UsageError, match="cannot be stored as JSON"):
        store.set_spec("s", {"trials": math.nan})
    assert store.study("s").spec == {"trials": 50, "study": "s"}


def test_the_corners_are_kept_exactly_and_fixed_once(store):
    fixed = ((0.1 + 0.2, 1e300, 3.0), (1.0, 0.0, 0.0))
    assert store.fix_corners("s", *fixed) == fixed
    assert store.fix_corners("s", (9, 9, 9), (8, 8, 8)) == fixed
    study = store.study("s")
    assert (study.reference_point, study.ideal_point) == fixed


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_corners_are_finite(store, value):
    with pytest.raises(DivergedError, match="reference point .* is not finite"):
        store.fix_corners("s", (1, value), (0, 0))
    with pytest.raises(DivergedError, match="ideal point .* is not finite"):
        store.fix_corners("s", (1, 2), (0, value))
    assert store.study("s").reference_point is None


def test_names_and_choices_are_values_never_statements(store):
    name = "x'; DROP TABLE paretocaps_studies; --"
    store.create_study(name, {"objectives": [name]})
    store.start_trial(name, 0, {name: name}, name)
    assert store.study(name).spec == {"objectives": [name], "study": name}
    (trial,) = store.trials(name)
    assert (trial.choices, trial.design) == ({name: name}, name)
    assert set(store.study_names()) == {"s", name}
