import pytest
from filled_study import FinishedTrial, fill_study

from paretocaps import service
from paretocaps.domain.measurement import Device, Measurement
from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.storage.store import Store


def trial(number, acc, params, device="cpu", torch="2.12", calibration=1.0):
    where = Device(name=device, kind="cpu", torch=torch, calibration=calibration)
    values = {"best_epoch": 1, "wall": 20.0, "time": 10.0 * calibration, "cpu_time": 10.0}
    measured = Measurement(acc=acc, params=params, device=where, **values)
    return FinishedTrial(number, {"batch_size": number}, {0: measured})


def create(url, name, trials, **spec):
    spec = {"objectives": ("acc", "time", "params"), "require": (), "epochs": 5} | spec
    with Store.open(url, create=True) as store:
        store.create_study(name, StudySpec(study=name, **spec).model_dump(mode="json"))
        fill_study(store, name, trials)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/x.db"


@pytest.fixture
def fronts(url):
    """Two studies whose fronts are known: of three members, and of two, one of which is beaten."""
    create(url, "a", [trial(0, 0.99, 100), trial(1, 0.9, 50), trial(2, 0.8, 10)])
    create(url, "b", [trial(0, 0.95, 40), trial(1, 0.8, 20)], epochs=6)
    create(url, "apart", [], objectives=("acc", "macs"))
    return url


def test_hypervolumes_are_measured_from_one_reference_point(fronts):
    found = service.compare(["a", "b"], fronts, "acc,params")
    assert found.reference_point == pytest.approx((0.72, 110))
    assert found.ideal_point == (1.0, 0.0)
    volume_b = (0.95 - 0.72) * (110 - 40) + (0.8 - 0.72) * (40 - 20)
    assert found.volumes[1] == pytest.approx(volume_b / (0.28 * 110))
    assert found.together >= max(found.volumes)


def test_who_is_beaten_by_another_study_is_known(fronts):
    found = service.compare(["a", "b"], fronts, "acc,params")
    assert found.beaten_by == {("a", 1): ("b", 0), ("b", 1): ("a", 2)}
    assert [row["unbeaten"] for row in found.studies] == [2, 1]
    assert [(study, member.trial) for study, member in found.members][:3] == [("a", 0), ("b", 0), ("a", 1)]
    row = found.as_dict()["members"][2]
    assert (row["study"], row["trial"], row["beaten_by"]) == ("a", 1, {"study": "b", "trial": 0})


def test_what_limits_the_comparison_is_said(fronts):
    found = service.compare(["a", "b"], fronts, "acc,params")
    assert found.remarks == ("a trains 5 epochs; b trains 6 epochs",)


def test_images_that_are_read_otherwise_are_told(url):
    create(url, "a", [trial(0, 0.9, 10)], limit_validation=200)
    create(url, "b", [trial(0, 0.8, 5)])
    told = (
        "a reads its images with limit_validation=200; b reads its images with limit_validation=the default"
    )
    assert service.compare(["a", "b"], url, "acc,params").remarks == (told,)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"device": "gpu"}, "a on cpu; other on gpu"),
        ({"torch": "2.13"}, "a on cpu, torch 2.12; other on cpu, torch 2.13"),
    ],
)
def test_times_of_two_devices_or_versions_are_refused(fronts, other, told):
    create(fronts, "other", [trial(0, 0.9, 40, **other)])
    with pytest.raises(UsageError, match="time of several devices do not compare") as refused:
        service.compare(["a", "other"], fronts, "acc,time")
    assert f"({told}): give " in str(refused.value)
    assert service.compare(["a", "other"], fronts, "acc,params").together > 0


def test_times_are_scaled_to_a_device_of_all_studies(fronts):
    create(fronts, "other", [trial(0, 0.9, 40), trial(1, 0.95, 40, "gpu", calibration=0.1)])
    create(fronts, "third", [trial(0, 0.8, 40), trial(1, 0.9, 40, "gpu", calibration=0.1)])
    with pytest.raises(UsageError, match="time was measured on several devices"):
        service.compare(["other", "third"], fronts, "acc,time")
    found = service.compare(["other", "third"], fronts, "acc,time", scale_to="cpu")
    assert [member.values["time"] for _, member in found.members] == pytest.approx([10.0] * 2)
    with pytest.raises(UnknownNameError, match="gpu"):
        service.compare(["a", "other"], fronts, "acc,time", scale_to="gpu")


def test_one_study_or_too_few_objectives_are_refused(fronts):
    for names in (["a"], ["a", "a"]):
        with pytest.raises(UsageError, match="two or more different studies"):
            service.compare(names, fronts)
    with pytest.raises(UsageError, match="fewer than two objectives in common .*give --objectives"):
        service.compare(["a", "apart"], fronts)
