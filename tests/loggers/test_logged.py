import signal

import pytest

from paretocaps import service
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.loggers.logged import FOLDER, with_logging
from paretocaps.loggers.logger import LOGGERS
from paretocaps.search.observer import Observer
from paretocaps.testing.probe import PROBE


class Kept:
    """A logger that keeps what it is given, and fails as it is told to."""

    made: list = []  # noqa: RUF012
    fails = ""

    def __init__(self, study, folder):
        self.study, self.folder, self.runs, self.closed = study, folder, [], 0
        Kept.made.append(self)

    def log(self, run):
        if Kept.fails:
            raise OSError(Kept.fails)
        self.runs.append(run)

    def close(self):
        self.closed += 1


@pytest.fixture
def kept(monkeypatch):
    monkeypatch.setitem(LOGGERS._entries, "kept", Kept)
    monkeypatch.setattr(Kept, "made", [])
    if "probe" not in TRAINERS:
        TRAINERS.register("probe", PROBE)
    return Kept.made


def study(tmp_path, log, observer=None):
    return service.optimize(
        study="demo",
        storage=tmp_path / "s.db",
        trainer="probe",
        executor="inline",
        objectives="acc,time",
        trials=2,
        epochs=2,
        log=log,
        observer=observer,
    )


class Watch(Observer):
    def __init__(self):
        self.told = []

    def notice(self, message):
        self.told.append(message)


def test_every_training_of_a_study_is_a_run(tmp_path, kept):
    study(tmp_path, f"kept={tmp_path / 'logs'}")
    (logger,) = kept
    assert (logger.study, logger.folder, logger.closed) == ("demo", tmp_path / "logs", 1)
    assert [run.name for run in logger.runs] == ["trial-00000-seed-0", "trial-00001-seed-0"]
    assert [epoch for epoch, _ in logger.runs[0].curves] == [1, 2]


def test_a_study_without_a_logger_is_the_same_study(tmp_path, kept):
    study(tmp_path, ["kept"])
    assert kept[0].folder == FOLDER / "kept"
    assert study(tmp_path, ()).finished == 2


def test_a_logger_that_fails_is_told_of_once_and_the_study_goes_on(tmp_path, kept, monkeypatch):
    monkeypatch.setattr(Kept, "fails", "no space\nleft")
    watch = Watch()
    assert study(tmp_path, ["kept"], watch).finished == 2
    told = [line for line in watch.told if "logger" in line]
    assert told == ["logger 'kept' failed and logs nothing more: no space left; the study is stored"]
    assert kept[0].closed == 0


@pytest.mark.parametrize(
    ("log", "error", "message"),
    [
        (["kep"], UnknownNameError, "did you mean 'kept'"),
        (["kept", "kept=here"], UsageError, "logger 'kept' is named twice: name it once"),
        ("kept, kept", UsageError, "logger 'kept' is named twice: name it once"),
    ],
)
def test_wrong_names_are_refused_before_the_study_begins(tmp_path, kept, log, error, message):
    with pytest.raises(error, match=message):
        study(tmp_path, log)
    assert not (tmp_path / "s.db").exists()


def test_a_logger_that_cannot_be_opened_says_what_to_do(tmp_path, monkeypatch):
    def refuses(study, folder):
        folder.mkdir()

    monkeypatch.setitem(LOGGERS._entries, "refuses", refuses)
    with pytest.raises(UsageError, match=r"'refuses' cannot be opened: .*File exists.*refuses=FOLDER"):
        study(tmp_path, f"refuses={tmp_path}")
    assert not (tmp_path / "s.db").exists()


def test_a_missing_library_says_what_to_install(kept, monkeypatch):
    def missing(study, folder):
        raise ModuleNotFoundError("No module named 'wandb'")

    monkeypatch.setitem(LOGGERS._entries, "wandb", missing)
    with pytest.raises(UsageError, match=r"No module named 'wandb'\): pip install 'paretocaps\[wandb\]'"):
        with_logging(Observer(), StudySpec(log=("wandb",)))


def test_a_training_is_logged_to_its_end_before_the_run_is_interrupted(tmp_path, kept, monkeypatch):
    logs = Kept.log

    def log(self, run):
        signal.raise_signal(signal.SIGTERM)
        logs(self, run)

    monkeypatch.setattr(Kept, "log", log)
    with pytest.raises(service.Interrupted):
        study(tmp_path, "kept")
    (logger,) = kept
    assert [run.name for run in logger.runs] == ["trial-00000-seed-0"]
