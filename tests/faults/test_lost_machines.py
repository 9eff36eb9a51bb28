"""A study on two machines, one of which is lost; the machines are names in the environment of one."""

import json
import os
import shutil
import signal
from contextlib import suppress

import pytest
from harness.invariants import check

HOST = "PARETOCAPS_HOST"
QUICK = {"PARETOCAPS_BEAT": "0.2", "PARETOCAPS_LEASE": "1"}
ATTEMPTS = "SELECT attempt, host, resumed_from, state FROM paretocaps_attempts ORDER BY attempt"


def lose(study, machine, *options):
    """Start a trial on a machine that is lost in its third epoch."""
    driver = study.start(*options, **{HOST: machine})
    study.until(lambda: [work for work in study.work() if work[3:5] == (3, "begun")])
    driver.kill()
    for worker in study.workers():
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)
    study.until(lambda: not study.workers())


@pytest.fixture
def study(make_study):
    return make_study(trials=1, epochs=5, seconds=0.2, environment=QUICK)


def test_a_lost_machine_s_trial_goes_on_from_its_checkpoint_on_shared_storage(study):
    shared = "--artifacts", str(study.folder / "shared")
    lose(study, "first", *shared)
    before = len(study.work())
    study.complete(*shared, **{HOST: "second"})
    check(study)
    assert study.rows(ATTEMPTS) == [(1, "first", None, "failed"), (2, "second", 1, "finished")]
    assert min(epoch for *_, epoch, _, _ in study.work()[before:]) >= 3, "at most one epoch was lost"


def test_without_shared_storage_it_begins_again_under_the_same_number(study):
    lose(study, "first", "--artifacts", str(study.folder / "disk"))
    shutil.rmtree(study.folder / "disk")
    before = len(study.work())
    second = study.complete(**{HOST: "second"})
    assert "trial 0 begins again: what attempt 1 left is on host first" in second.said
    check(study)
    assert study.rows(ATTEMPTS) == [(1, "first", None, "failed"), (2, "second", None, "finished")]
    assert [epoch for *_, epoch, what, _ in study.work()[before:] if what == "begun"] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("changed", ["choices", "settings"])
def test_a_folder_of_another_study_in_the_place_of_the_lost_one_is_not_taken(study, changed):
    """Machines have folders of the same names: there, an older database of the second one's."""
    place = "--artifacts", str(study.folder / "local")
    lose(study, "first", *place)
    folder = study.folder / "local" / "s" / "trial-00000" / "seed-0-attempt-1"
    job = json.loads((folder / "job.json").read_text())
    if changed == "choices":
        job["choices"] = {"x": 2.0, "width": 1}
    else:
        job["origin"]["identity"] = "of another study"
    (folder / "job.json").write_text(json.dumps(job))
    before = len(study.work())
    study.complete(*place, **{HOST: "second"})
    assert study.rows(ATTEMPTS)[1] == (2, "second", None, "finished")
    assert study.work()[before][3] == 1
    assert (folder / "checkpoint.pt").exists()


def test_machines_with_folders_of_their_own_join_by_the_url_of_the_database(make_study, new_database):
    study = make_study(storage=new_database(), trials=8, epochs=1, seconds=0.1, environment=QUICK)
    machines = []
    for machine in ("first", "second"):
        (study.folder / machine).mkdir()
        images = study.folder / machine / f"images of {machine}"
        images.mkdir()
        (images / "train").write_text("12345")
        options = study.command("--data", str(images))
        machines.append(
            study.forks.start(options, study.folder / machine, {**study.environment, HOST: machine})
        )
    study.drivers += machines
    assert [driver.wait(120) for driver in machines] == [0, 0], [driver.said for driver in machines]
    check(study)
    hosts = {host for _, host, *_ in study.rows(ATTEMPTS)}
    assert hosts == {"first", "second"}
    for host, folder in study.rows("SELECT host, folder FROM paretocaps_attempts"):
        assert folder.startswith(str(study.folder / host / "studies"))


def test_two_drivers_that_start_without_the_lost_database_take_in_each_training_once(make_study):
    study = make_study(trials=8, epochs=1)
    study.complete()
    trained = study.work()
    os.remove(study.storage)
    drivers = [study.start(), study.start()]
    assert [driver.wait(120) for driver in drivers] == [0, 0], [driver.said for driver in drivers]
    check(study)
    assert study.work() == trained, "nothing was trained again"


def test_a_driver_that_is_killed_while_it_takes_trainings_in_loses_and_doubles_none(make_study):
    study = make_study(trials=12, epochs=1)
    study.complete()
    trained = study.work()
    os.remove(study.storage)
    driver = study.start()
    study.until("SELECT id FROM paretocaps_attempts WHERE state = 'finished'")
    driver.kill()
    study.complete()
    check(study)
    assert study.work() == trained, "nothing was trained again"
