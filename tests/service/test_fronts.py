"""The bounds of a study hold for every reader, and `all=True` lifts them for each."""

import pytest
from filled_study import FinishedTrial, fill_study

from paretocaps import service
from paretocaps.domain.measurement import Device, Measurement
from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import UsageError
from paretocaps.search.identity import data_content, stored_form
from paretocaps.service.fronts import bounds
from paretocaps.storage.store import Store

# (acc, time, macs), of which the last one is in the corner
TRIALS = ((0.97, 9.0, 90), (0.93, 4.0, 40), (0.91, 2.0, 20), (0.3, 1.0, 10))


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('fronts')}/test.db"
    with Store.open(url, create=True) as store:
        for study, require in (("free", ()), ("bounded", ("acc>=0.92",))):
            spec = StudySpec(study=study, objectives=("acc", "time"), require=require)
            store.create_study(study, spec.model_dump(mode="json"))
            fill_study(
                store, study, [FinishedTrial(n, {}, {0: measured(*own)}) for n, own in enumerate(TRIALS)]
            )
    return url


def measured(acc, time, macs, device="paper"):
    device = Device(name=device, kind="cpu")
    return Measurement(acc=acc, best_epoch=1, time=time, wall=time, params=1, macs=macs, device=device)


def front(url, study, **view):
    return [member.trial for member in service.load_front(study, url, **view)]


def test_a_study_is_shown_within_its_bounds_and_without_its_corner(url):
    assert front(url, "bounded") == [0, 1]
    assert front(url, "free") == [0, 1, 2]
    assert [member.trial for member in service.load_front("free", url).corner] == [3]
    assert front(url, "free", require="time<3") == [2]
    assert front(url, "bounded", require="acc>=0.2") == [0, 1, 2, 3]


@pytest.mark.parametrize("study", ["free", "bounded"])
def test_all_lifts_every_bound_for_every_reader(url, study):
    assert front(url, study, all=True) == front(url, study, require=()) == [0, 1, 2, 3]
    assert service.recommend(study, url, all=True, aim="time<=1").member.trial == 3
    assert service.pick_trial(url, study, best="time", all=True).trial == 3
    assert service.pick_trial(url, study, best="macs", all=True).trial == 3


def test_a_trial_is_picked_among_the_answers_alone(url):
    for best in ("time", "macs"):
        assert service.pick_trial(url, "free", best=best).trial == 2
        assert service.pick_trial(url, "bounded", best=best).trial == 1
    assert service.recommend("free", url, aim="time<=1").member.trial == 2


def test_seconds_of_several_devices_pick_no_trial(tmp_path):
    url = f"sqlite:///{tmp_path}/x.db"
    with Store.open(url, create=True) as store:
        spec = StudySpec(study="s", objectives=("acc", "macs"), require=())
        store.create_study("s", spec.model_dump(mode="json"))
        trials = [measured(0.9, 5.0, 50), measured(0.8, 1.0, 40, "another")]
        fill_study(store, "s", [FinishedTrial(n, {"n": n}, {0: one}) for n, one in enumerate(trials)])
    assert service.pick_trial(url, "s", best="macs").trial == 1
    with pytest.raises(UsageError, match=r"wall was measured on several devices .* the N for --trial"):
        service.pick_trial(url, "s", best="wall")


def test_a_bound_and_no_bounds_are_refused_together():
    with pytest.raises(UsageError, match="require='acc>=0.9' sets a bound and all=True lifts all bounds"):
        bounds(["acc>=0.9"], True)
    assert (bounds(None), bounds(None, True), bounds(())) == (None, (), ())
    for empty in ("", ("",), [" "]):
        with pytest.raises(UsageError, match="require is empty"):
            bounds(empty)


@pytest.mark.parametrize("study", ["free", "bounded"])
def test_the_bounds_hold_in_the_report_too(url, study, monkeypatch):
    written = []
    monkeypatch.setattr(
        "paretocaps.report.page.write_report",
        lambda path, front, **more: written.append([member.trial for member in front]),
    )
    service.write_report(study, url)
    service.write_report(study, url, all=True)
    assert written == [front(url, study), [0, 1, 2, 3]]


def test_images_that_have_moved_are_named_to_be_judged_by(url, tmp_path):
    for name in ("here", "there", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text("others" if name == "other" else "images")
    spec = StudySpec(study="own", objectives=("acc", "time"), data=str(tmp_path / "here"), trainer="probe")
    with Store.open(url, create=False) as store:
        store.create_study("own", stored_form(spec), content=data_content(spec))
        fill_study(store, "own", [FinishedTrial(0, {}, {0: measured(0.9, 1.0, 1)})])
    moved = {"test": True, "data": str(tmp_path / "there")}
    assert [member.trial for member in service.load_front("own", url, **moved)] == [0]
    with pytest.raises(UsageError, match="are not those of study 'own'"):
        service.load_front("own", url, test=True, data=str(tmp_path / "other"))
    with pytest.raises(UsageError, match="the images of study 'free' are in no folder: leave it out"):
        service.load_front("free", url, **moved)
