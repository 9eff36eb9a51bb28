"""Studies of a trainer that needs no time, whose checkpoint is the number of epochs that it has trained."""

import pytest

from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.domain.space import Space
from paretocaps.domain.trainer import TRAINERS, TrainerSpec
from paretocaps.errors import UsageError
from paretocaps.run_folder import RunFolder
from paretocaps.storage.store import Store
from paretocaps.testing.probe import ProbeChoices

RATES = Space.parse({"learning_rate": [0.1, 0.2, 0.3, 0.4]})


def train(job, on_epoch):
    folder, rate = RunFolder(job.folder), job.choices["learning_rate"]
    done = int(folder.checkpoint.read_text()) if folder.checkpoint.exists() else 0
    assert done <= (job.continued_from or 0)
    for n in range(1, job.epochs + 1):
        last = EpochRecord(epoch=n, acc=1 - rate / n, seconds=rate, time=n * rate, wall=n * rate)
        on_epoch(last)
    if job.keep_checkpoint:
        folder.checkpoint.write_text(str(job.epochs))
    folder.weights.write_text("")
    return Measurement(
        acc=last.acc,
        best_epoch=job.epochs,
        time=last.time,
        wall=last.wall,
        params=round(10 / rate) if rate < 0.4 else 200,  # 0.4 is on no front
        device=Device(name="made up", kind="cpu"),
        weights=folder.weights.name,
        quantities={"continued": done},
    )


def laid_out(choices, epochs, longer, facts):
    return "the rate 0.2 is laid out for its end" if choices["learning_rate"] == 0.2 else ""


RESUMABLE = TrainerSpec(
    name="resumable",
    choices=ProbeChoices,
    space=RATES,
    train=f"{__name__}:train",
    continuing=f"{__name__}:laid_out",
)


@pytest.fixture(autouse=True)
def _trainer(monkeypatch):
    monkeypatch.setitem(TRAINERS._entries, "resumable", RESUMABLE)


@pytest.fixture
def study(run, storage):
    """Run a study; return the epochs that its trainings found done, by rate and seed, and its notices."""

    def study(name, **options):
        settings = {"study": name, "trainer": "resumable", "objectives": "acc,time,params", **options}
        _, watcher = run(**settings)
        with Store.open(storage, create=False) as store:
            trials = store.trials(name, ("finished",))
        done = {
            (trial.choices["learning_rate"], attempt.key.seed): attempt.measurement.quantities["continued"]
            for trial in trials
            for attempt in trial.attempts
        }
        return done, watcher.notices

    return study


def kept(storage):
    with Store.open(storage, create=False) as store:
        return {
            (trial.choices["learning_rate"], attempt.key.seed)
            for trial in store.trials("short")
            for attempt in trial.attempts
            if RunFolder(attempt.folder).checkpoints
        }


def test_a_longer_study_continues_what_is_not_laid_out_for_the_shorter_one(study, storage):
    study("short", keep_checkpoints=True)
    assert kept(storage) == {(rate, 0) for rate in (0.1, 0.2, 0.3)}  # 0.4 is on no front
    done, notices = study("long", epochs=5, from_study="short", continues=True, repeats=2)
    went_on = {key for key, epochs in done.items() if epochs}
    assert went_on == {(0.1, 0), (0.3, 0)}  # seed 1 was not trained
    assert set(done.values()) == {0.0, 2.0}
    assert "2 trials of study 'short' go on from their checkpoints where their choices are tried" in notices
    assert any(
        "trained from the first epoch, if at all: trial" in one and "laid out" in one for one in notices
    )
    assert sum("goes on from trial" in one for one in notices) == 2
    assert len(kept(storage)) == 3  # the shorter study has its own still


def test_a_study_that_has_begun_goes_on_where_the_shorter_one_is_gone(study, storage):
    study("short", keep_checkpoints=True, trials=3)
    study("long", epochs=5, from_study="short", continues=True, trials=1)
    with Store.open(storage, create=False) as store:
        for trial in store.trials("short"):
            RunFolder(trial.attempts[0].folder).forget_checkpoints()
    done, notices = study("long", epochs=5, trials=2)
    assert len(done) == 2
    assert any("kept no checkpoints here" in one and "begin with the first epoch" in one for one in notices)


def test_what_cannot_be_continued_is_refused_before_anything_is_created(study, storage):
    fixed = {"fix": {"learning_rate": 0.2}, "trials": 1}
    study("unkept", **fixed)
    study("short", keep_checkpoints=True, **fixed)
    refusals = {
        "which kept no checkpoints here: run it with --keep-checkpoints": {"from_study": "unkept"},
        "whose trainings have 2 epochs: give more than that": {"epochs": 2},
        r"trained on other images: limit_train=None \(now 9": {"limit_train": 9},
        r"name the study .* \(--from STUDY --continue\)": {"from_study": None},
        r"none of whose trainings begins as a longer one \(trial 0: the rate 0.2 is laid out for": {},
    }
    for why, changed in refusals.items():
        with pytest.raises(UsageError, match=why):
            study("long", **{"epochs": 5, "from_study": "short", "continues": True, **fixed, **changed})
    with Store.open(storage, create=False) as store:
        assert not store.has_study("long")


def test_the_same_images_may_lie_in_another_folder(study, tmp_path):
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text("images")
    short = {"trials": 1, "fix": {"learning_rate": 0.1}}
    study("short", epochs=2, keep_checkpoints=True, data=str(tmp_path / "here"), **short)
    longer = {"epochs": 4, "from_study": "short", "continues": True, **short}
    done, _ = study("long", data=str(tmp_path / "there"), **longer)
    assert set(done.values()) == {2}
    (tmp_path / "there" / "a.txt").write_text("others")
    with pytest.raises(UsageError, match="which trained on other images"):
        study("other", data=str(tmp_path / "there"), **longer)
