from pathlib import Path

import pytest

from paretocaps.domain.study_file import read_study_file, resolve_spec
from paretocaps.errors import UsageError


def test_precedence_is_flag_file_stored_default() -> None:
    spec = resolve_spec({"trials": 9, "epochs": None}, {"trials": 8, "epochs": 7}, {"epochs": 6, "seed": 5})
    assert (spec.trials, spec.epochs, spec.seed, spec.sampler) == (9, 7, 5, "gaussian")


def test_fixed_choices_are_joined_one_by_one() -> None:
    spec = resolve_spec({"fix": {"a": 1}}, {"fix": {"a": 2, "b": 2}}, {"fix": {"c": 3}})
    assert spec.fix == {"a": 1, "b": 2, "c": 3}


def test_the_fixed_choices_of_the_file_are_kept_apart_from_those_of_flags(tmp_path: Path) -> None:
    file = {"fix": {"b": 2}, "design": {"x": {"c": 3}}}
    first = resolve_spec({"fix": {"a": 1, "b": 3}}, file)
    assert (first.fix, first.file_fix) == ({"a": 1, "b": 3}, {"b": 2})
    assert resolve_spec({}, {}, first.model_dump(mode="json")).file_fix == {"b": 2}
    assert resolve_spec({"fix": {"a": 1}}).file_fix is None
    (tmp_path / "x.toml").write_text("[file_fix]\nb = 2\n")
    with pytest.raises(UsageError, match="unknown option 'file_fix'"):
        read_study_file(tmp_path / "x.toml")


def test_a_data_set_by_flag_replaces_a_folder_from_the_file() -> None:
    assert resolve_spec({"dataset": "mnist"}, {"data": "x"}).data is None
    assert resolve_spec({"data": "x"}, {"dataset": "mnist"}).dataset is None
    with pytest.raises(UsageError, match="give one of them"):
        resolve_spec({"data": "x", "dataset": "mnist"})


def test_the_layout_reaches_the_jobs_and_the_nearest_setting_wins() -> None:
    file = {"data": "x", "parts": {"train": "a", "val": "b"}, "transpose": True}
    spec = resolve_spec({}, file)
    assert (str(spec.data_spec.parts), spec.data_spec.transpose) == ("train=a,validation=b", True)
    assert str(resolve_spec({"parts": "train=c"}, file).parts) == "train=c"
    classes = resolve_spec({"classes_are_folders": True}, file)
    assert (classes.parts, classes.classes_are_folders) == (None, True)
    assert resolve_spec({"dataset": "mnist"}, file).parts is None
    assert resolve_spec({}, {}, spec.model_dump(mode="json")) == spec
    with pytest.raises(UsageError, match="classes_are_folders=true describes a folder of images"):
        _ = resolve_spec({"classes_are_folders": True}).data_spec


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"trials": 0}, "trials=0 is not allowed: it should be greater than or equal to 1"),
        ({"epochs": -1}, "epochs=-1 is not allowed"),
        ({"workers": 0}, "workers=0 is not allowed"),
        ({"trails": 3}, "unknown option 'trails': did you mean 'trials'?"),
        ({"study": "a/b"}, "study='a/b' is not a name: give 1 to 200 characters without slashes"),
        ({"study": ""}, "study='' is not a name"),
        ({"fix": 3}, "fix=3 is not a table"),
        ({"corrupt": "ignore"}, "corrupt='ignore' is not allowed: it should be 'refuse' or 'skip'"),
        ({"channels": 2}, "channels=2 is not allowed: it should be 1 or 3"),
        ({"data": "x", "parts": "a"}, "parts='a' is not understood: write train=A"),
        ({"data": "x", "parts": {"train": 3}}, "parts.train=3 is not allowed: it should be text"),
        (
            {"dataset": "x", "parts": "train=a"},
            "parts='train=a' describes a folder of images: give data=PATH",
        ),
    ],
)
def test_bad_options_name_the_value(flags: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve_spec(flags)
    assert message in str(caught.value)


def test_study_files(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(
        'study = "x"\nobjectives = "acc,macs"\n[fix]\nlr_max = 1e-3\n[space]\ndecoder = ["full", "none"]\n'
    )
    spec = resolve_spec({}, read_study_file(path))
    assert spec.objectives == ("acc", "macs")
    assert spec.space == {"decoder": ["full", "none"]}
    path.write_bytes(b'\xef\xbb\xbfstudy = "x"\r\n')
    assert read_study_file(path) == {"study": "x"}
    for beyond in ("trials = " + 5000 * "9", "space = " + 5000 * "[" + 5000 * "]"):
        path.write_text(beyond)
        with pytest.raises(UsageError, match="not valid TOML"):
            read_study_file(path)
    path.write_text("trails = 3\n")
    with pytest.raises(UsageError, match=r"unknown option 'trails': did you mean 'trials'\?"):
        read_study_file(path)
    path.write_text("trials = \n")
    with pytest.raises(UsageError, match="not valid TOML"):
        read_study_file(path)
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_study_file(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"published": {"source": "a", "rows": {"x": {"acc": "no"}}}}, "published.rows.0.figures.acc='no'"),
        ({"published": {"sauce": "a"}}, "published"),
        ({"published": {"source": "a", "device": "b", "row": {}}}, "unknown option 'published.row'"),
        ({"design": {"x": 3}}, "design.x=3 is not allowed"),
    ],
)
def test_bad_tables_are_named_by_their_place(table: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve_spec({}, table)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_data_set_by_flag_is_not_read_as_the_files_folder_is() -> None:
    file = {"data": "emnist", "parts": "train=a,test=b", "transpose": True}
    spec = resolve_spec({"dataset": "mnist"}, file)
    assert (spec.dataset, spec.data, spec.parts, spec.transpose) == ("mnist", None, None, False)
