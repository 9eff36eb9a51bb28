import json
from pathlib import Path

import pytest

import paretocaps.testing.probe as probe
from paretocaps import service
from paretocaps.run_folder import RunFolder
from paretocaps.storage.store import Store

SPACE = {"learning_rate": [0.01, 0.2, 0.3, 0.4, 0.5, 0.6]}


@pytest.fixture
def lost(run, storage):
    """Run a study whose database is then deleted; return its trials."""

    def lost(**options):
        run(space=SPACE, **options)
        trials = stored(storage)
        Path(storage.removeprefix("sqlite:///")).unlink()
        return trials

    return lost


def stored(storage):
    """Return the finished trials by choices: their designs, and their measurements by seed."""
    with Store.open(storage, create=False) as store:
        trials = [store.trial("s", trial.number) for trial in store.trials("s", ("finished",))]
    return {
        json.dumps(trial.choices): (
            trial.design,
            {one.key.seed: one.measurement for one in trial.attempts if one.measurement},
        )
        for trial in trials
    }


@pytest.fixture
def folder(storage):
    return Path(storage.removeprefix("sqlite:///")).parent / "test-artifacts" / "s"


def test_what_a_lost_database_had_is_taken_in_by_choices_and_seed(run, storage, lost, folder):
    before = lost(trials=3, repeats=2)
    summary, watcher = run(space=SPACE, trials=4, repeats=2)
    assert len(watcher.started) == 2, "only the fourth trial is trained"
    assert summary.finished == 4
    after = stored(storage)
    assert {choices: after[choices] for choices in before} == before, "with epochs, designs and quantities"
    taken = f"taken in from {folder}: 6 trainings of this study that its database lacked"
    assert watcher.notices == [taken], "a design is left out once, not twice"
    with Store.open(storage, create=False) as store:
        folders = [one.folder for trial in store.trials("s") for one in trial.attempts]
    assert len(set(folders)) == 8
    assert all(RunFolder(one).recover() is not None for one in folders)
    assert run(space=SPACE, trials=4, repeats=2)[1].notices == []


def test_further_seeds_are_taken_in_and_of_two_trainings_the_quiet_one(run, storage, lost, folder):
    before = lost(trials=2, more_repeats=1)
    quiet = RunFolder(folder / "trial-00000" / "seed-0-attempt-1")
    again = RunFolder(folder / "trial-00000" / "seed-0-attempt-2")
    measured = quiet.recover()
    again.write_job(quiet.job().model_copy(update={"attempt": 2}))
    again.write_result(measured)
    noisy = measured.device.model_copy(update={"loaded": True})
    quiet.write_result(measured.model_copy(update={"device": noisy}))
    summary, watcher = run(space=SPACE, trials=2)
    assert (summary.finished, watcher.started) == (2, [])
    assert stored(storage) == before
    assert watcher.notices[0].endswith("4 trainings of this study that its database lacked")


def test_further_seeds_of_trials_that_an_older_copy_of_the_database_has_are_taken_in(run, storage, folder):
    run(space=SPACE, trials=2)
    database = Path(storage.removeprefix("sqlite:///"))
    older = database.read_bytes()
    run(space=SPACE, trials=2, more_repeats=1)
    after = stored(storage)
    database.write_bytes(older)
    _, watcher = run(space=SPACE, trials=2)
    assert watcher.started == []
    assert stored(storage) == after
    assert "2 trainings of this study that its database lacked" in watcher.notices[0]


def test_what_a_renamed_study_still_has_is_not_taken_in_by_a_new_one_of_its_name(run, storage, folder):
    run(space=SPACE, trials=2)
    jobs = {path: path.read_text() for path in folder.rglob("job.json")}
    service.rename("s", "t", storage)
    for path, text in jobs.items():  # as where they could not be written
        path.write_text(text)
    _, watcher = run(space=SPACE, trials=2)
    assert len(watcher.started) == 2
    assert watcher.notices == []


@pytest.mark.slow
def test_a_trial_that_lacks_a_seed_trains_just_that_if_the_study_has_room(run, storage, lost, folder):
    lost(trials=2, repeats=2)
    for number in (0, 1):
        (folder / f"trial-0000{number}" / "seed-1-attempt-1" / "measurement.json").unlink()
    again = run(space=SPACE, trials=1, repeats=2)[1]
    assert [(trial, seed) for trial, seed, *_ in again.started] == [(0, 1)]
    why = "of trials that lack other seeds, because the study has all its trials"
    assert again.notices[1:] == [f"left alone in {folder}: 1 training {why}"]
    assert [(trial, seed) for trial, seed, *_ in run(trials=2, space=SPACE, repeats=2)[1].started] == [(1, 1)]


@pytest.mark.slow
def test_what_is_not_the_study_s_is_named_and_left_as_it_is(run, storage, lost, folder):
    lost(trials=2)
    other = RunFolder(folder / "trial-00000" / "seed-0-attempt-1")
    job = other.job()
    other.write_job(job.model_copy(update={"origin": job.origin.model_copy(update={"data": "0"})}))
    was = {path: path.read_bytes() for path in other.path.iterdir()}
    summary, watcher = run(trials=3, space=SPACE)
    assert summary.finished == 3
    assert f"left alone in {folder}: 1 training made on other data" in watcher.notices
    assert {path: path.read_bytes() for path in other.path.iterdir()} == was


@pytest.mark.slow
def test_a_trial_that_an_interrupted_run_left_gets_the_seed_that_it_lacks(run, storage, folder, monkeypatch):
    train, calls = probe.train, []

    def interrupted_at_the_second(job, on_epoch):
        calls.append(train(job, on_epoch))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return calls[-1]

    monkeypatch.setattr(probe, "train", interrupted_at_the_second)
    with pytest.raises(service.Interrupted):
        run(trials=1, repeats=2, space=SPACE)
    left = RunFolder(folder / "trial-00000" / "seed-1-attempt-1")
    found = RunFolder(folder / "trial-00007" / "seed-1-attempt-1")
    found.write_job(left.job())
    found.write_result(calls[1])
    assert run(trials=1, repeats=2, space=SPACE)[1].started == []
    assert next(iter(stored(storage).values()))[1][1] == calls[1]


def test_what_a_renamed_study_had_is_taken_in_from_the_folder_of_its_old_name(run, storage, folder):
    run(space=SPACE, trials=3)
    before = stored(storage)
    service.rename("s", "t", storage)
    Path(storage.removeprefix("sqlite:///")).unlink()
    summary, watcher = run(space=SPACE, trials=3, study="t")
    assert (summary.finished, watcher.started) == (3, [])
    assert "3 trainings of this study that its database lacked" in watcher.notices[0]
    with Store.open(storage, create=False) as store:
        assert {json.dumps(trial.choices) for trial in store.trials("t")} == set(before)
        assert all(path.is_relative_to(folder) for path in store.known_folders("t"))


def test_a_study_that_goes_on_reads_the_folders_of_its_own_trainings_alone(run, monkeypatch):
    def refused(_):
        raise AssertionError("those of all studies are read")

    run(space=SPACE, trials=1)
    monkeypatch.setattr(Store, "all_folders", refused)
    summary, _ = run(space=SPACE, trials=2)
    assert summary.finished == 2
