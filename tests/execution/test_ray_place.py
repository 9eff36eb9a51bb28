"""A place trains as a worker does, answers soon, and reports its folder where the driver does not see it."""

import json
import os

import pytest

from paretocaps.cores import can_pin, one_of_each_core
from paretocaps.domain.failure import Failure
from paretocaps.execution.folder_mirror import Changes
from paretocaps.execution.ray_place import PROBE, RayPlace
from paretocaps.execution.ray_plan import Ask
from paretocaps.execution.worker import ENDS_WITH_DRIVER


@pytest.fixture
def place(monkeypatch):
    monkeypatch.setenv(ENDS_WITH_DRIVER, "")
    place = RayPlace(Ask(cpus=2, shared=True))
    yield place
    place.stop()


def reports_of(place, go_on=lambda record: True):
    """All reports of a job, whose epochs are answered by `go_on`."""
    reports, answer = [], None
    while not reports or not reports[-1].result:
        reports.append(place.next(answer))
        record = reports[-1].record
        answer = go_on(json.loads(record)) if record else None
    return reports


def test_a_job_is_trained_in_the_folder_that_both_see(place, make_job):
    job = make_job()
    place.start(job.model_dump_json(), None)
    reports = reports_of(place)
    assert [json.loads(report.record)["epoch"] for report in reports if report.record] == [1, 2]
    assert json.loads(reports[-1].result)["device"]["shared"]
    assert not reports[-1].failed
    assert all(report.changes == Changes() for report in reports)
    assert (job.folder / "measurement.json").exists()


@pytest.mark.skipif(not can_pin() or len(one_of_each_core()) < 2, reason="needs two cores")
def test_a_place_on_a_slot_is_pinned(make_job, monkeypatch):
    monkeypatch.setenv(ENDS_WITH_DRIVER, "")
    place = RayPlace(Ask(cpus=1, slot=1))
    place.start(make_job(epochs=1).model_dump_json(), None)
    device = json.loads(reports_of(place)[-1].result)["device"]
    place.stop()
    assert device["name"] == f"cpu (1 of {len(os.sched_getaffinity(0))} threads)"
    assert not device["shared"]


def test_an_epoch_is_answered(place, make_job):
    place.start(make_job().model_dump_json(), None)
    reports = reports_of(place, lambda record: False)
    assert len([report for report in reports if report.record]) == 1


def test_a_failure_is_a_result(place, make_job):
    place.start(make_job(choices={"failure": "the disk burnt"}).model_dump_json(), None)
    last = reports_of(place)[-1]
    assert last.failed
    assert Failure(**json.loads(last.result)) == Failure("the disk burnt")


def test_without_the_drivers_storage_the_files_come_with_the_reports(place, make_job, tmp_path):
    job = make_job()
    place.start(job.model_dump_json(), Changes({"checkpoint.pt": b"from before"}))
    reports = reports_of(place)
    for report in reports:
        report.changes.apply(tmp_path / "copy")
    assert {path.name for path in (tmp_path / "copy").iterdir()} == {"measurement.json", "worker.log"}
    assert not job.folder.exists()


def test_its_own_folder_goes_with_the_job(place, make_job, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    place.start(make_job(choices={"pause": 30.0}).model_dump_json(), Changes())
    (folder,) = tmp_path.glob("paretocaps-*")
    place.stop()
    assert not folder.exists()


def test_shared_storage_is_known_by_a_file(place, tmp_path):
    (tmp_path / PROBE).write_text("today")
    assert place.shares(str(tmp_path), "today")
    assert not place.shares(str(tmp_path), "yesterday")
    assert not place.shares(str(tmp_path / "elsewhere"), "today")
