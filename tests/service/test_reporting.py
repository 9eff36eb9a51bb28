"""The report of a stored study."""

import re

from filled_study import FinishedTrial, fill_study

from paretocaps import service
from paretocaps.domain.measurement import Device, EpochRecord, Measurement, best_epoch
from paretocaps.domain.study_spec import StudySpec
from paretocaps.storage.store import Store


def trained(*accuracies, second):
    records = tuple(
        EpochRecord(epoch=n, acc=acc, seconds=second, time=n * second, wall=n)
        for n, acc in enumerate(accuracies, 1)
    )
    best = best_epoch(records)
    values = {"acc": best.acc, "best_epoch": best.epoch, "time": best.time, "wall": 9.0, "params": 1}
    return Measurement(**values, epochs=records, device=Device(name="our card", kind="cpu"))


def test_the_report_is_one_page(storage, folder):
    path = service.write_report("s", storage)
    assert path.resolve() == folder / "reports" / "s.html"
    text = path.read_text()
    assert "<title>s: front</title>" in text
    assert 'src="http' not in text
    assert "<h2>Policies</h2>" in text
    assert service.write_report("s", storage, output=str(folder / "x.html")).name == "x.html"


def test_what_is_published_has_its_own_section_and_is_no_setting(folder):
    """The mean of `wab` reaches 0.8, the best mean of `mine`, after 2 epochs of 7 s instead of 3 of 4 s."""
    url = f"sqlite:///{folder}/published.db"
    rows = {
        "mine": {"acc": 0.4321, "epochs_to_baseline": 29},
        "wab": {"epochs_to_baseline": 3, "baselines": ["mine", "untrained"], "against": "mine"},
        "untrained": {"acc": 0.5},
    }
    published = {"source": "a paper", "device": "their card", "rows": rows}
    spec = StudySpec(
        study="p", objectives=("acc", "time"), published=published, design={"mine": {"n": 1}, "wab": {"n": 2}}
    )
    mine = {seed: trained(0.2, 0.5, last, second=4.0) for seed, last in enumerate((0.7, 0.9))}
    wab = {seed: trained(0.1, last, 0.3, second=7.0) for seed, last in enumerate((0.6, 1.0))}
    with Store.open(url, create=True) as store:
        store.create_study("p", spec.model_dump(mode="json"))
        trials = ((0, "mine", mine), (1, "wab", wab))
        fill_study(store, "p", [FinishedTrial(n, {"n": n}, found, design=name) for n, name, found in trials])
    text = service.write_report("p", url).read_text()
    before, after = text.split("<h2>Published and measured</h2>")
    section, settings = after.split("<h2>Settings and versions</h2>")
    for expected in (
        "a paper<br>device: their card",
        "device: our card<br>seeds: 0, 1<br>",
        "0.4321",
        "0.800 ±",
        "4.00 s",
    ):
        assert expected in section
    assert "0.4321" not in before[before.index("</head>") :]
    assert "0.4321" not in settings
    assert "mine (n=1)" in settings
    cells = re.findall("<td[^>]*>([^<]*)</td>", section[section.index("To the accuracy of the baseline") :])
    lines = [cells[n : n + 9] for n in range(0, 36, 9)]
    assert lines[0] == ["mine", "mine", "29", "0.0 %", "0", "3", "0.0 %", "12.0 s", "0.0 %"]
    assert lines[1] == ["wab", "mine", "3", "89.7 %", "1", "2", "33.3 %", "14.0 s", "-16.7 %"]
    assert lines[2][5] == "baseline not trained"
    assert cells[36:40] == ["wab", "mine", "-", "-"]
    view = service.load_front("p", url, "acc,epochs_to(acc=mine),time_to(acc=mine)", require=())
    assert {member.trial: member.values["time_to(acc=mine)"] for member in view} == {0: 12.0, 1: 14.0}


def test_trials_that_were_stopped_on_other_devices_are_left_out_of_a_report_of_one(folder):
    url = f"sqlite:///{folder}/devices.db"
    spec = StudySpec(study="d", objectives=("acc", "time"), require=())

    def on(device, acc):
        where = Device(name=device, kind="cpu", calibration=1.0)
        return trained(acc, acc, second=1.0).model_copy(update={"device": where})

    with Store.open(url, create=True) as store:
        store.create_study("d", spec.model_dump(mode="json"))
        fill_study(store, "d", [FinishedTrial(n, {"n": n}, {0: on("ab"[n], 0.8)}) for n in (0, 1)])
        for number, device in ((2, "a"), (3, "b")):
            store.start_trial("d", number, {"n": number})
            store.stop_attempt(store.start_attempt("d", number, 0), on(device, 0.5), "beaten")
            store.stop_trial("d", number, "beaten")
    for view in ({"measured_on": "a"}, {"scale_to": "a"}):
        text = service.write_report("d", url, **view).read_text()
        apart = text[text.index("Stopped early by a rule") :]
        assert [f"<td>{n}</td>" in apart.replace(' class="number"', "") for n in (2, 3)] == [True, False]
        assert ("Accuracy by training time" in text) == ("measured_on" in view)
