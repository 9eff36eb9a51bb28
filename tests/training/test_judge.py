import pytest
import torch

from paretocaps.domain.tuning import Tuning
from paretocaps.errors import DataError
from paretocaps.training.device import describe_device
from paretocaps.training.judge import judge
from paretocaps.training.precision import computed
from paretocaps.training.train import train


@pytest.mark.parametrize("choices", [{}, {"precision": "bf16"}])
def test_kept_weights_are_judged_as_the_training_would_have_done(job, choices):
    made = job(epochs=1, **choices)
    measured = train(made, lambda record: True)
    assert measured.test_acc is not None
    told = []
    judged = judge(made, made.folder / measured.weights, lambda *progress: told.append(progress))
    assert (judged.acc, judged.images) == (measured.test_acc, measured.test_images) == (judged.acc, 359)
    assert told
    untested = train(
        made.model_copy(update={"test": False, "folder": made.folder / "o"}), lambda record: True
    )
    assert (untested.test_acc, untested.test_images) == (None, None)
    assert (untested.acc, untested.predictions) == (measured.acc, measured.predictions)


def test_networks_are_judged_by_the_last_tuning_of_their_training_and_device(job, monkeypatch):
    made = job(epochs=1)
    measured = train(made, lambda record: True)
    here, chosen = describe_device(torch.device("cpu")).machine, []
    monkeypatch.setattr(
        "paretocaps.training.judge.computed",
        lambda device, tuning: chosen.append(tuning) or computed(device, tuning),
    )
    used = {"1 image": Tuning(), "50 images": Tuning(products="onednn", threads=1)}
    for tunings, last in (({here: used}, used["50 images"]), ({"another": used}, Tuning())):
        chosen.clear()
        tuned = made.model_copy(update={"tunings": tunings})
        judged = judge(tuned, made.folder / measured.weights)
        assert set(chosen) == {last}
        assert judged.acc == pytest.approx(measured.test_acc, abs=0.01)


def test_weights_that_are_gone_are_refused(job):
    with pytest.raises(DataError, match="cannot be read"):
        judge(job(), job().folder / "weights.pt")
