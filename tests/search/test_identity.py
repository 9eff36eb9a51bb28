import sqlite3
from unittest.mock import Mock

import pytest

import paretocaps.testing.probe as probe
from paretocaps.data.fingerprint import FolderContent
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import CheckedData, TrainerSpec
from paretocaps.errors import StudyMismatchError
from paretocaps.search.identity import (
    origin_of,
    refuse_other_data,
    refuse_other_reading,
    refuse_other_study,
    stored_form,
)
from paretocaps.storage.store import Store


@pytest.mark.slow
def test_a_study_reopened_as_another_is_refused_with_what_differs(run):
    run(trials=1)
    for options, message in (
        ({"objectives": "acc,params"}, r"objectives=acc,time \(now acc,params\)"),
        ({"epochs": 3}, r"epochs=2 \(now 3\), and trainings of different lengths do not compare: keep these"),
        ({"repeats": 3}, r"repeats=1 \(now 3\): give --more-repeats 2 instead"),
        ({"dataset": "mnist"}, r"data.name='digits' \(now 'mnist'\)"),
        ({"limit_train": 9}, r"data.limit_train=None \(now 9\)"),
        ({"data": "x", "parts": "train=a"}, r"data.parts=None \(now 'train=a'\)"),
        ({"fix": {"learning_rate": 0.1}}, r"fix.learning_rate=None \(now 0.1\)"),
        ({"space": {"learning_rate": [0.1]}}, r"space.learning_rate="),
        ({"seed": 5}, r"seed=0 \(now 5\)"),
        ({"trainer": "capsnet"}, r"trainer='probe' \(now 'capsnet'\)"),
    ):
        with pytest.raises(StudyMismatchError, match=message) as caught:
            run(trials=2, **options)
        assert "choose another --study name" in str(caught.value)


def test_what_is_not_said_is_what_the_study_has(run, storage):
    from paretocaps import service

    run(trials=1, fix={"learning_rate": 0.25}, space={"failure": [""]}, designs=())
    summary = service.optimize({"study": "s", "storage": storage, "executor": "inline"})
    assert summary.finished == 1
    assert summary.front.members[0].choices["learning_rate"] == 0.25


@pytest.mark.slow
def test_how_a_study_is_run_may_change(run):
    run(trials=1)
    summary, _ = run(trials=2, sampler="random", workers=2, share_device=True)
    assert summary.finished == 2


def test_the_same_said_otherwise_is_the_same_study(run):
    run(trials=1, fix={"learning_rate": "0.25"}, space={"failure": [""]}, designs=())
    summary, _ = run(trials=1, fix={"learning_rate": 0.25}, space={"failure": {"values": [""]}}, designs=())
    assert summary.finished == 1


@pytest.mark.slow
def test_local_data_is_the_folder_it_was_wherever_the_study_is_opened_again(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(trials=1, data="images")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    summary, _ = run(trials=2)
    assert summary.finished == 2
    with pytest.raises(StudyMismatchError, match="data.path="):
        run(trials=3, data="images")


def test_a_database_may_be_moved(run, storage, tmp_path):
    from paretocaps import service

    run(trials=1)
    old = tmp_path / "studies" / "test.db"
    old.rename(tmp_path / "moved.db")
    summary = service.optimize(
        {"study": "s", "storage": f"sqlite:///{tmp_path}/moved.db", "executor": "inline", "trials": 2}
    )
    assert summary.finished == 2
    assert not old.exists()


@pytest.mark.slow
def test_other_data_in_the_same_place_are_refused(run, storage, tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "train").write_text("12345")
    run(trials=1, data=str(folder))
    run(trials=2, data=str(folder))
    (folder / "train").write_text("54321")
    with pytest.raises(
        StudyMismatchError, match=r"5 bytes in 1 file as before, but with other names or content"
    ) as caught:
        run(trials=3, data=str(folder))
    assert str(folder) in str(caught.value)
    assert "choose another --study name" in str(caught.value)
    (folder / "test").write_text("123")
    with pytest.raises(StudyMismatchError, match=r"\(5 bytes in 1 file, now 8 bytes in 2 files\)"):
        run(trials=3, data=str(folder))
    with Store.open(storage, create=False) as store:
        assert store.study("s").spec["trials"] == 2
    (folder / "test").unlink()
    (folder / "train").write_text("12345")
    assert run(trials=3, data=str(folder))[0].finished == 3


def test_a_copy_of_the_data_elsewhere_goes_on_and_other_data_are_refused_with_what_differs(
    run, storage, tmp_path, monkeypatch
):
    for name in ("first", "copy", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "train").write_text("12345" if name != "other" else "54321")
    first, copy, other = (str(tmp_path / name) for name in ("first", "copy", "other"))
    run(trials=1, data=first)
    train = Mock(wraps=probe.train)
    monkeypatch.setattr(probe, "train", train)
    assert run(trials=2, data=copy)[0].finished == 2
    assert train.call_args.args[0].data.path == copy
    with Store.open(storage, create=False) as store:
        assert store.study("s").spec["data"] == first
    with pytest.raises(StudyMismatchError, match=r"other' are not those of study 's', .*first'") as caught:
        run(trials=3, data=other)
    assert "5 bytes in 1 file in both, but with other names or content" in str(caught.value)
    (tmp_path / "other" / "test").write_text("123")
    with pytest.raises(StudyMismatchError, match=r"\(5 bytes in 1 file there, 8 bytes in 2"):
        run(trials=3, data=other)


def test_a_study_without_a_note_of_its_data_goes_on_only_in_their_place():
    content = FolderContent(files=1, bytes=5, sha256="0")
    with pytest.raises(StudyMismatchError, match=r"data.path='/a' \(now '/b'\), which cannot be compared"):
        refuse_other_data(StudySpec(data="/b"), "/a", None, content)
    with pytest.raises(StudyMismatchError, match=r"data.path='/a' \(now '/b'\), which has no content"):
        refuse_other_data(StudySpec(data="/b"), "/a", content, None)
    refuse_other_data(StudySpec(data="/a"), "/a", None, content)


def test_the_origin_of_a_training_names_its_study_wherever_its_data_are(tmp_path):
    content = FolderContent(files=1, bytes=5, sha256="0")
    spec = StudySpec(data="/a", storage=f"{tmp_path}/x.db")

    def origin(content=content, reading=None, **settings):
        return origin_of(spec.model_copy(update=settings), content, CheckedData(reading=reading))

    assert origin() == origin(data="/b", trials=99, workers=4, study="t")
    assert origin().storage == str(tmp_path / "x.db")
    assert origin().identity != origin(epochs=9).identity
    assert origin().data != origin({**content, "sha256": "1"}).data
    assert origin().data != origin(reading={"test_images": 12}).data
    assert origin(None).data is None


@pytest.mark.slow
def test_a_study_without_a_note_of_its_data_goes_on_and_takes_one(run, storage, tmp_path):
    (tmp_path / "images").mkdir()
    run(trials=1, data=str(tmp_path / "images"))
    with sqlite3.connect(storage.removeprefix("sqlite:///")) as connection:
        assert connection.execute("update paretocaps_studies set content = null").rowcount == 1
    connection.close()
    (tmp_path / "images" / "train").write_text("12345")
    assert run(trials=2, data=str(tmp_path / "images"))[0].finished == 2
    (tmp_path / "images" / "train").unlink()
    with pytest.raises(StudyMismatchError, match="now 0 bytes in 0 file"):
        run(trials=3, data=str(tmp_path / "images"))


def test_a_study_goes_on_only_where_its_data_are_read_as_before(run, monkeypatch):
    def found(**values):
        monkeypatch.setattr(TrainerSpec, "check_data", lambda *_: CheckedData(**values))

    run(trials=1)  # as a version that kept no reading
    found(reading={"test_images": 12}, anew=("3 images are turned upright",))
    with pytest.raises(StudyMismatchError, match=r"\(3 images are turned upright, unlike then\)"):
        run(trials=2)
    found(reading={"test_images": 12})
    run(trials=1)
    found(reading={"test_images": 14})
    with pytest.raises(StudyMismatchError, match=r"test_images=12 \(now 14\)\), and .* another --study name"):
        run(trials=2)


def test_a_study_that_read_parts_as_classes_goes_on_where_that_is_asked():
    asked = StudySpec(data="x", classes_are_folders=True)
    stored = stored_form(StudySpec(data="x"))
    with pytest.raises(StudyMismatchError, match=r"data.classes_are_folders=False \(now True\)"):
        refuse_other_study(asked, stored)
    del stored["classes_are_folders"]  # as version 0.1
    refuse_other_study(asked, stored)
    refuse_other_study(StudySpec(data="x"), stored)


def test_a_new_study_and_a_trainer_that_does_not_tell_are_not_refused():
    spec, anew = StudySpec(), ("3 images are turned upright",)
    refuse_other_reading(spec, {"test_images": 12}, CheckedData(anew=anew))
    refuse_other_reading(spec, {"test_images": 12}, CheckedData(reading={"test_images": 12}, anew=anew))
    refuse_other_reading(spec, None, CheckedData(reading={"test_images": 12}))
