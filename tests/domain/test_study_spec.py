from pathlib import Path

import pytest

from paretocaps.domain.study_file import resolve_spec
from paretocaps.domain.study_spec import StudySpec


def test_a_local_folder_is_named_by_its_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert resolve_spec({"data": "images", "limit_train": 5}).data_spec.path == str(tmp_path / "images")
    assert resolve_spec({}).data_spec.name == "digits"


def test_what_is_asked_of_the_images_reaches_the_jobs() -> None:
    spec = resolve_spec({"channels": 3}, {"corrupt": "skip", "limit_train": 9}).data_spec
    assert (spec.channels, spec.corrupt, spec.limit_train) == (3, "skip", 9)
    plain = StudySpec().data_spec
    assert (plain.channels, plain.corrupt) == (None, "refuse")


def test_only_stated_bounds_hold_but_an_older_study_shows_trials_from_an_accuracy_on() -> None:
    assert StudySpec().requirements == StudySpec().stated == ()
    spec = StudySpec(require=("acc>=0.5,time<9",))
    assert [str(r) for r in spec.requirements] == ["acc>=0.5", "time<9"]
    assert spec.stated == spec.requirements
    older = StudySpec(require=None)
    assert ([str(r) for r in older.requirements], older.stated) == (["acc>=0.9"], ())
    assert StudySpec(objectives=("time", "params"), require=None).requirements == ()


def test_objectives_with_a_parameter_are_kept_in_one_spelling() -> None:
    wanted = ("acc", "time_to(acc=0.9)")
    assert resolve_spec({"objectives": "acc, time_to( acc=.90 )"}).objectives == wanted
    assert resolve_spec({}, {"objectives": ["acc", "time_to(acc=0.900)"]}).objectives == wanted


def test_a_study_has_designs_of_its_own_and_what_is_published() -> None:
    file = {
        "design": {"small": {"family": "lenet5"}},
        "published": {"source": "a paper", "rows": {"small": {"acc": 0.9}}},
    }
    spec = resolve_spec({}, file)
    assert spec.design == {"small": {"family": "lenet5"}}
    assert spec.published is not None
    assert spec.published.rows[0].figures == {"acc": 0.9}
    stored = spec.model_dump(mode="json")
    assert resolve_spec({}, {}, stored) == spec
    assert StudySpec().published is None
