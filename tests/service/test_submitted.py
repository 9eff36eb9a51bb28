from dataclasses import replace

import pytest

from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import DataError, StudyMismatchError, UnknownNameError, UsageError
from paretocaps.search.identity import stored_form
from paretocaps.service.submitted import check_submitted, placed_data
from paretocaps.storage.store import Store

STUDY = {"dataset": "digits", "trainer": "replay", "objectives": "acc,params", "trials": 3, "epochs": 5}


@pytest.fixture
def store(tmp_path):
    with Store.open(f"sqlite:///{tmp_path}/x.db", create=True) as opened:
        yield opened


@pytest.fixture
def check(store, tmp_path):
    def of(kind="study", **options):
        root = tmp_path / "data"
        return check_submitted(kind, "new", options, root, tmp_path / "service", store)

    return of


def test_a_study_asks_for_its_trials(check):
    assert check(**STUDY) == 3
    assert check(**{**STUDY, "study": "new"}) == 3
    assert (check("training", trial=3, epochs=9), check("export", knee=True, onnx=False)) == (1, 0)


@pytest.mark.parametrize(
    "key",
    ["storage", "storage_patience", "artifacts", "executor", "ray_address", "log", "file_fix"],
)
def test_what_is_the_service_s_own_is_refused_by_its_name(check, key):
    with pytest.raises(UsageError, match=rf"^{key} may not be set in a submitted study, only by the service"):
        check(**STUDY, **{key: "x"})


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"study": "other"}, "study='other' is not the study 'new'"),
        ({"trails": 3}, r"unknown option 'trails': did you mean 'trials'\?"),
        ({"epochs": 0}, "epochs=0 is not allowed"),
        ({"epochs": 200_000}, "^epochs=200000 is not allowed: a submitted study has at most 100,000$"),
        ({"repeats": 10**9}, "repeats=1000000000 is not allowed: it should be less than or equal to 1000$"),
        ({"trials": 10**30}, r"^trials=100000000000\.\.\. is not allowed: a submitted study has at most"),
        ({"space": {"batch_size": {"low": 1, "high": 10**400}}}, "batch_size has a number above 2 .. 53"),
        ({"fix": {"checkpoint": "/etc/passwd"}}, "'checkpoint' in fix may not be set in a submitted study"),
        ({"fix": ["checkpoint=/etc/passwd"]}, "'checkpoint=/etc/passwd' in fix may not be set"),
        ({"space": {"checkpoint": ["/etc/passwd"]}}, "'checkpoint' in space may not be set"),
        ({"design": {"mine": {"checkpoint": "x"}}}, "'checkpoint' in design may not be set"),
        ({"objectives": "acc,speed"}, "unknown objective 'speed'"),
        ({"fix": [[]]}, r"\[\] is not understood: write NAME=VALUE"),
        ({"timeout": float("inf")}, "timeout=inf is no value of JSON: give a finite number or text"),
    ],
)
def test_options_that_are_not_allowed_are_refused_in_one_line(check, options, match):
    with pytest.raises(UsageError, match=match) as caught:
        check(**{**STUDY, **options})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("key", "value"), [("trainer", "os:system"), ("sampler", "os:system")])
def test_code_is_run_by_its_registered_name_only(check, key, value):
    with pytest.raises(UnknownNameError, match="unknown .* 'os:system'"):
        check(**{**STUDY, key: value})


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"trainer": "capsnet", "dataset": "mnits"}, r"^unknown data set 'mnits': did you mean 'mnist'\?"),
        ({"dataset": "nosuch"}, "^no table has trainings of 5 epochs on nosuch: there are digits"),
    ],
)
def test_a_data_set_is_known_to_the_trainer(check, options, match):
    with pytest.raises(UsageError, match=match):
        check(**{**STUDY, **options})


def test_a_trainer_that_reads_no_named_data_names_them_as_it_likes(check, monkeypatch):
    other = replace(TRAINERS.get("capsnet"), check="", named_data=False)
    monkeypatch.setitem(TRAINERS._entries, "capsnet", other)
    assert check(**{**STUDY, "trainer": "capsnet", "dataset": "spectra"}) == 3


@pytest.mark.parametrize("kind", ["training", "export"])
def test_other_kinds_have_options_of_their_own(check, kind):
    with pytest.raises(UsageError, match=f"option 'output' of the {kind} is not allowed"):
        check(kind, trial=3, output="/tmp")


def test_data_are_in_the_data_root(check, tmp_path):
    (tmp_path / "data" / "flowers").mkdir(parents=True)
    found = placed_data({"data": "flowers", "trials": 3}, tmp_path / "data", tmp_path)
    assert found == {"data": str(tmp_path / "data" / "flowers"), "trials": 3}
    with pytest.raises(DataError, match="is not in the data root"):
        check(**{**STUDY, "dataset": None, "data": "../secrets"})


def test_a_study_that_exists_goes_on_with_its_settings_alone(check, store):
    store.create_study("new", stored_form(StudySpec.model_validate({"study": "new", **STUDY})))
    assert check(**{**STUDY, "trials": 9}) == check(trials=9) == 9
    with pytest.raises(StudyMismatchError, match=r"study 'new' was created with seed=0 \(now 3\)"):
        check(**{**STUDY, "seed": 3})
