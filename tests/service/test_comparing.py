import pytest

from paretocaps import service
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import UsageError
from paretocaps.report.front import Front
from paretocaps.service import comparing

OBJECTIVES = parse_objectives("acc,params")


@pytest.fixture
def fronts(monkeypatch, tmp_path):
    """Two studies whose fronts are known: of three members, and of two, one of which is beaten."""
    rows = {
        "a": {0: (0.99, 100), 1: (0.9, 50), 2: (0.8, 10)},
        "b": {0: (0.95, 40), 1: (0.8, 20)},
        "other": {0: (0.9, 40)},
    }

    def front_of(store, name, objectives, requirements, measured_on, scale_to):
        members = tuple(
            FrontMember(number, {"batch_size": number}, dict(zip(("acc", "params"), values, strict=True)))
            for number, values in rows[name].items()
        )
        device = ("gpu",) if name == "other" else ("cpu",)
        return Front(name, OBJECTIVES, None, 0.0, members, devices=device)

    monkeypatch.setattr(comparing, "front_of", front_of)
    url = f"sqlite:///{tmp_path}/x.db"
    from paretocaps.storage.store import Store

    with Store.open(url, create=True) as store:
        for name in rows:
            spec = StudySpec(study=name, objectives=("acc", "time", "params"), epochs=5 + (name == "b"))
            store.create_study(name, spec.model_dump(mode="json"))
        store.create_study(
            "apart", StudySpec(study="apart", objectives=("acc", "macs")).model_dump(mode="json")
        )
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


def test_times_of_two_devices_are_refused(fronts, monkeypatch):
    monkeypatch.setattr(comparing, "parse_objectives", lambda _: parse_objectives("acc,time"))
    with pytest.raises(UsageError, match="time of several devices do not compare .a on cpu, other on gpu."):
        service.compare(["a", "other"], fronts, "acc,time")


def test_one_study_or_too_few_objectives_are_refused(fronts):
    for names in (["a"], ["a", "a"]):
        with pytest.raises(UsageError, match="two or more different studies"):
            service.compare(names, fronts)
    with pytest.raises(UsageError, match="fewer than two objectives in common .*give --objectives"):
        service.compare(["a", "apart"], fronts)
