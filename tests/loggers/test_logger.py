from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.ended_training import EndedTraining
from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.loggers.logger import LOGGERS, Run


def training(tmp_path, **more):
    epochs = tuple(
        EpochRecord(epoch=e, acc=e / 4, seconds=1.0, time=e, wall=e, train_loss=None if e == 2 else 1.0)
        for e in (1, 2)
    )
    measurement = Measurement(
        acc=0.5,
        best_epoch=2,
        time=2.0,
        wall=3.0,
        params=9,
        epochs=epochs,
        quantities={"f1": 0.4},
        device=Device(name="cpu", kind="cpu", loaded=True, shared=True),
        weights="weights.pt",
    )
    key = AttemptKey("demo", 7, 0, more.pop("attempt", 1))
    return EndedTraining(key, {"lr_max": 0.1, "capsules": None}, None, measurement, tmp_path, **more)


def test_a_run_has_choices_curves_values_tags_and_files(tmp_path):
    (tmp_path / "weights.pt").touch()
    run = Run.of(training(tmp_path))
    assert (run.study, run.trial, run.name) == ("demo", "trial-00007", "trial-00007-seed-0")
    assert run.choices == {"lr_max": 0.1}
    assert [(epoch, values["acc"], "train_loss" in values) for epoch, values in run.curves] == [
        *((1, 0.25, True), (2, 0.5, False))
    ]
    assert run.values.items() >= {"acc": 0.5, "params": 9, "f1": 0.4, "best_epoch": 2}.items()
    assert "test_acc" not in run.values
    assert run.tags == {
        "study": "demo",
        "trial": "7",
        "seed": "0",
        "attempt": "1",
        "device": "cpu",
        "flags": "shared, loaded",
    }
    assert run.files == [tmp_path / "weights.pt"]


def test_a_later_attempt_has_its_own_name_and_weights_that_are_gone_are_left_out(tmp_path):
    run = Run.of(training(tmp_path, attempt=2, stopped="at epoch 2 of 5: beaten by trial 3"))
    assert run.name == "trial-00007-seed-0-attempt-2"
    assert run.files == []
    assert run.tags["stopped"] == "at epoch 2 of 5: beaten by trial 3"


def test_the_built_in_loggers_are_these():
    assert set(LOGGERS) >= {"tensorboard", "wandb", "mlflow"}
