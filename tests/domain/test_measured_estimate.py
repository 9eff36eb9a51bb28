from paretocaps.domain.estimate import Estimate, over_seeds
from paretocaps.domain.measured_estimate import estimate_of
from paretocaps.domain.measurement import Device, Measurement, Predictions


def measured(**values):
    known = {"acc": 0.9, "best_epoch": 2, "time": 4.0, "wall": 9.0, "params": 10}
    return Measurement(**known | values, device=Device(name="cpu", kind="cpu"))


def test_one_training_has_the_interval_of_its_images():
    one = measured(test_acc=0.8, validation_images=50, test_images=70)
    assert estimate_of([one], "acc") == over_seeds([0.9], share=True, images=50)
    assert estimate_of([one], "test_acc") == over_seeds([0.8], share=True, images=70)
    assert estimate_of([one], "epoch_time") == Estimate(2.0, 1)
    assert estimate_of([measured()], "acc") == Estimate(0.9, 1)
    known = Predictions(labels=(0,) * 40, classes=(0,) * 36 + (1,) * 4)
    assert estimate_of([measured(predictions=known)], "acc") == over_seeds([0.9], share=True, images=40)


def test_several_trainings_have_the_interval_over_their_seeds():
    trainings = [measured(acc=acc, validation_images=50) for acc in (0.8, 0.9, 0.95)]
    assert estimate_of(trainings, "acc") == over_seeds([0.8, 0.9, 0.95], share=True)
    assert estimate_of(trainings, "macs") == Estimate(None, 0)
    assert estimate_of([], "acc") == Estimate(None, 0)
