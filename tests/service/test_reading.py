from pathlib import Path

import pytest
from filled_study import FinishedTrial, fill_study

from paretocaps import service
from paretocaps.domain.measurement import Device, EpochRecord, Measurement, best_epoch
from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import StorageError, UsageError
from paretocaps.storage.store import Store


@pytest.mark.slow
def test_a_front_is_a_data_frame_with_decisions(storage):
    front = service.load_front("s", storage)
    frame = front.to_frame()
    assert list(frame["trial"]) == [member.trial for member in front]
    assert {"acc", "time", "params", "learning_rate"} <= set(frame.columns)
    assert front.knee() in front.members
    assert front.pick({"acc": 1}).values["acc"] == frame["acc"].max()
    assert (frame["seeds"] == 2).all()


def test_the_only_study_need_not_be_named(storage):
    assert service.load_front(storage=storage) == service.load_front("s", storage)


def test_the_storage_is_a_path_too(storage):
    path = storage.removeprefix("sqlite:///")
    assert service.load_front("s", path) == service.load_front("s", storage)
    assert service.load_front("s", Path(path)) == service.load_front("s", storage)
    assert service.load_trials("s", Path(path)).equals(service.load_trials("s", storage))
    assert StudySpec(storage=Path(path)).storage == path


def test_another_view_and_a_requirement(storage):
    view = service.load_front("s", storage, objectives="acc,params")
    assert [objective.name for objective in view.objectives] == ["acc", "params"]
    best = max(member.values["acc"] for member in view)
    assert all(m.values["acc"] >= best for m in service.load_front("s", storage, require=[f"acc>={best}"]))


def test_one_bound_is_a_text_too(storage):
    best = max(member.values["acc"] for member in service.load_front("s", storage))
    asked = [service.load_front("s", storage, require=bound) for bound in (f"acc>={best}", [f"acc>={best}"])]
    assert asked[0] == asked[1]
    assert len(asked[0]) == 1


def test_a_mixed_fleet_is_refused_kept_apart_or_scaled(storage, folder):
    url = f"sqlite:///{folder}/mixed.db"
    devices = {"slow": 2.0, "fast": 0.5}
    trials = []
    for number, (name, calibration) in enumerate(devices.items()):
        device = Device(name=name, kind="cpu", calibration=calibration, loaded=name == "fast")
        values = {"acc": 0.9 - number / 10, "best_epoch": 1, "time": 4.0, "wall": 4.0, "params": 1}
        remarks = ("a <busy> machine",) if name == "fast" else ()
        measured = Measurement(**values, device=device, remarks=remarks)
        trials.append(FinishedTrial(number, {"n": number}, {0: measured}))
    with Store.open(url, create=True) as store:
        store.create_study(
            "m", StudySpec(study="m", objectives=("acc", "time"), require=()).model_dump(mode="json")
        )
        fill_study(store, "m", trials)
    with pytest.raises(UsageError, match="--measured-on, or give --scale-to"):
        service.load_front("m", url)
    times = {
        (device, scale): [
            m.values["time"] for m in service.load_front("m", url, measured_on=device, scale_to=scale)
        ]
        for device, scale in (("slow", None), (None, "slow"), (None, "fast"))
    }
    assert times == {("slow", None): [4.0], (None, "slow"): [4.0], (None, "fast"): [1.0]}
    text = service.write_report("m", url, scale_to="fast").read_text()
    body = text[text.index("</head>") : text.index('<script id="plotly"')]
    assert "times of 2 devices, scaled to seconds of fast by their calibrations" in body
    assert "<dt>dataset</dt><dd>digits</dd>" in body
    only = service.write_report("m", url, measured_on="fast").read_text()
    assert "trials of fast only, of 2 devices" in only
    assert "a &lt;busy&gt; machine" in only


def test_every_trial_is_a_row(storage):
    frame = service.load_trials("s", storage)
    assert list(frame["trial"]) == list(range(6))
    assert set(frame["state"]) == {"finished"}
    assert frame["acc"].notna().all()
    assert set(frame["n"]) == {2}
    half = 12.7062 * frame["time_sd"] / 2**0.5
    assert frame["time_high"].tolist() == pytest.approx((frame["time"] + half).tolist(), rel=1e-4)
    assert frame["params_sd"].tolist() == [0] * 6


def test_what_is_not_there(storage, folder):
    with pytest.raises(StorageError, match="no study 't'"):
        service.load_front("t", storage)
    with pytest.raises(StorageError, match="there is no file"):
        service.load_front("s", "sqlite:///none.db")
    with pytest.raises(UsageError, match="did not measure 'memory'"):
        service.load_front("s", storage, objectives="acc,memory")


def trained(*accuracies, second):
    records = tuple(
        EpochRecord(epoch=n, acc=acc, seconds=second, time=n * second, wall=n)
        for n, acc in enumerate(accuracies, 1)
    )
    best = best_epoch(records)
    values = {"acc": best.acc, "best_epoch": best.epoch, "time": best.time, "wall": 9.0, "params": 1}
    return Measurement(**values, epochs=records, device=Device(name="our card", kind="cpu"))


def test_a_trial_that_never_reaches_a_design_is_left_out_by_its_mean(folder):
    url = f"sqlite:///{folder}/reach.db"
    with Store.open(url, create=True) as store:
        store.create_study("p", StudySpec(study="p", objectives=("acc", "time")).model_dump(mode="json"))
        trials = [("good", trained(0.9, second=1.0)), ("bad", trained(0.2, second=1.0))]
        fill_study(
            store,
            "p",
            [FinishedTrial(n, {"n": n}, {0: one}, design=name) for n, (name, one) in enumerate(trials)],
        )
    front = service.load_front("p", url, "acc,time_to(acc=good)", require=())
    assert front.left_out == (
        "1 trial left out: time_to(acc=good) was not reached by the mean over the seeds",
    )


def test_trials_are_rows_with_the_values_of_the_data_frame(storage):
    frame, rows = service.load_trials("s", storage), service.trials("s", storage)
    assert [row["trial"] for row in rows] == list(frame["trial"])
    assert [row["state"] for row in rows] == list(frame["state"])
    assert [row.get("acc") for row in rows if row["state"] == "finished"] == list(
        frame["acc"][frame["state"] == "finished"]
    )


def test_a_trial_has_its_trainings_by_epoch(storage):
    (row, *_) = (row for row in service.trials("s", storage) if row["state"] == "finished")
    found = service.trial("s", row["trial"], storage)
    assert {name: found[name] for name in row} == row
    assert len(found["trainings"]) == row["seeds"]
    with pytest.raises(StorageError, match="999"):
        service.trial("s", 999, storage)
