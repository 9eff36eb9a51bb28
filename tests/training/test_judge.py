import pytest

from paretocaps.errors import DataError
from paretocaps.training.judge import judge
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


def test_weights_that_are_gone_are_refused(job):
    with pytest.raises(DataError, match="cannot be read"):
        judge(job(), job().folder / "weights.pt")
