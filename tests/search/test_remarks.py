from unittest.mock import Mock

from paretocaps.domain.measurement import Device, Measurement
from paretocaps.domain.tuning import DEFAULT
from paretocaps.search.remarks import Remarks
from paretocaps.storage.store import Store

MEASURED = Measurement(
    acc=0.9, best_epoch=1, time=1.0, wall=1.0, params=3, device=Device(name="cpu", kind="cpu")
)


def test_a_remark_of_several_trials_is_noticed_once_and_a_loaded_device_every_time():
    observer, loaded = Mock(), MEASURED.device.model_copy(update={"loaded": True})
    remarks = Remarks("s", Mock(), observer)
    for number in (1, 2):
        remarks.note(number, MEASURED.model_copy(update={"remarks": ("eager attention",)}))
        remarks.note(number, MEASURED.model_copy(update={"device": loaded}))
    assert [call.args[0] for call in observer.notice.call_args_list] == [
        "trial 1: eager attention",
        "trial 1 (trained on a loaded device): its times are not reliable",
        "trial 2 (trained on a loaded device): its times are not reliable",
    ]


def test_trials_from_before_tunings_were_recorded_are_noticed_once(run, storage):
    run(trials=3)
    observer, tuned = Mock(), MEASURED.model_copy(update={"tunings": {"net": DEFAULT}})
    with Store.open(storage, create=False) as store:
        remarks = Remarks("s", store, observer)
        for number, measurement in ((2, MEASURED), (3, tuned), (4, tuned)):
            remarks.note(number, measurement)
    observer.notice.assert_called_once_with(
        "3 trials (the last one is 2) of a version that recorded no tunings computed steps otherwise:"
        " compare times with theirs in a new study only"
    )
