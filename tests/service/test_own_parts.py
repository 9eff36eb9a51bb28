import importlib
import os
import time
from dataclasses import replace

import numpy as np
import pytest

import paretocaps
from paretocaps import service
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import ParetocapsError, StudyMismatchError, UsageError
from paretocaps.search.observer import Observer
from paretocaps.service.own_parts import named, placed
from paretocaps.testing.probe import PROBE


class Notices(Observer):
    def __init__(self):
        self.said = []

    def notice(self, message):
        self.said.append(message)


@pytest.fixture
def options(folder):
    return {
        "study": "own",
        "objectives": "acc,params",
        "trials": 3,
        "epochs": 2,
        "storage": folder / "own.db",
    }


def test_a_closure_is_a_trainer_runs_here_and_is_asked_for_again(options):
    def line(choices, report):
        for epoch in range(report.epochs):
            report(acc=1 - choices["error"] / (epoch + 1))
        return {"params": choices["size"]}

    watcher, space = Notices(), {"error": {"low": 0.1, "high": 0.5}, "size": [1, 2, 3]}
    done = paretocaps.optimize(**options, trainer=line, space=space, fix={"size": 2}, observer=watcher)
    assert done.finished == 3
    assert {member.values["params"] for member in done.front} == {2}
    assert watcher.said[0].startswith(
        "line@1 runs in this process, one training at a time, and a crash of it ends"
    )
    more = {name: options[name] for name in ("study", "storage")}
    assert paretocaps.optimize(**more, more=1).finished == 4  # this process has the function
    del TRAINERS._entries["line@1"]  # as another process, which has not
    with pytest.raises(
        UsageError, match=r"'own' is trained by the Python function line, version 1: pass it again"
    ):
        paretocaps.optimize(**more, more=1)
    assert paretocaps.optimize(**more, trainer=line, more=1).finished == 5
    changed = paretocaps.register_trainer(line, version="2", space=space)
    assert named({"trainer": changed}) == {"trainer": "line@2", "executor": "inline"}
    assert named({"trainer": "line@2", "executor": "ray"}) == {"trainer": "line@2", "executor": "ray"}
    assert named({"trainer": "capsnet"}) == {"trainer": "capsnet"}
    with pytest.raises(StudyMismatchError, match="trainer='line@1' .now 'line@2'"):
        paretocaps.optimize(**more, trainer=changed, more=1)


@pytest.mark.slow  # starts a worker
def test_a_study_of_a_function_has_designs_of_its_own(options):
    def sized(choices, report):
        report(acc=0.5)
        return {"params": choices["size"]}

    paretocaps.optimize(**options, trainer=sized, space={"size": [1, 2, 3]}, design={"middle": {"size": 2}})
    trials = paretocaps.load_trials("own", storage=options["storage"])
    assert next(iter(trials["design"])) == "middle"
    assert next(iter(trials["params"])) == 2
    assert service.space("own", options["storage"]).designs == ("middle",)


def test_a_function_of_a_module_goes_to_workers_wherever_the_module_is(options, folder, monkeypatch):
    (folder / "mine").mkdir()
    text = "import os\n\n\ndef fit(choices, report):\n    return {'acc': 0.5, 'params': os.getpid()}\n"
    (folder / "mine" / "their_module.py").write_text(text)
    monkeypatch.syspath_prepend(folder / "mine")
    fit = importlib.import_module("their_module").fit
    watcher, space = Notices(), {"size": [1, 2, 3]}
    done = paretocaps.optimize(**{**options, "trials": 1}, trainer=fit, space=space, observer=watcher)
    assert done.front[0].values["params"] != os.getpid()
    assert not any("in this process" in notice for notice in watcher.said)


def test_what_is_no_trainer_or_has_no_space_is_refused(options):
    def line(choices, report):
        return {"acc": 1.0}

    # whatever another function of this name was registered with
    with pytest.raises(UsageError, match="line has nothing to search: give space="):
        paretocaps.optimize(**options, trainer=line)
    with pytest.raises(
        UsageError, match="trainer=3 is not understood: give its name, or a function that trains"
    ):
        paretocaps.optimize(**options, trainer=3)
    assert not options["storage"].exists()


def test_two_studies_of_one_function_keep_their_own_spaces(options, folder):
    def line(choices, report):
        return {"acc": choices.get("error", 0.5), "params": 1}

    paretocaps.optimize(**options, trainer=line, space={"error": {"low": 0.1, "high": 0.5}})
    paretocaps.optimize(**{**options, "study": "words"}, trainer=line, space={"word": ["a", "b", "c"]})
    with pytest.raises(UsageError, match="line has nothing to search: give space="):
        paretocaps.optimize(**{**options, "study": "third"}, trainer=line)
    given = {"storage": options["storage"], "knee": True, "output": folder / "run", "epochs": 1}
    run = paretocaps.train("own", **given, trainer=line)
    assert list(run.job.choices) == ["error"]
    with pytest.raises(UsageError, match="study 'own' is trained by 'line@1', not by 'capsnet'"):
        paretocaps.train("own", **given, trainer="capsnet")
    assert paretocaps.optimize(study="own", storage=options["storage"], more=1).finished == 4


def test_what_goes_on_later_is_said_in_python(options):
    def slow(choices, report):
        time.sleep(0.05)
        return {"acc": 0.5, "params": 1}

    done = paretocaps.optimize(**options, trainer=slow, space={"x": [1, 2, 3]}, timeout=0.01)
    assert "continue with `paretocaps.optimize(study='own', storage=" in done.time_is_up
    assert done.time_is_up.endswith("trainer=slow)`")


def test_what_runs_in_this_process_is_said_without_an_observer(options, caplog):
    def line(choices, report):
        return {"acc": 0.5, "params": 1}

    paretocaps.optimize(**options, trainer=line, space={"x": [1]})
    assert "runs in this process" in caplog.text


def test_images_in_memory_are_a_folder_beside_the_database(options, folder):
    def fit(choices, report, data):
        return {"acc": 0.5, "params": data.classes * choices["size"]}

    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8), dtype=np.uint8)
    given = {**options, "trainer": fit, "space": {"size": [1, 2, 3]}}
    done = paretocaps.optimize(**given, data=(images, np.arange(60) % 3))
    assert done.front[0].values["params"] == 3
    assert len(list((folder / "own-data").iterdir())) == 1
    assert paretocaps.optimize(**given, data=(images, np.arange(60) % 3)).finished == 3
    with pytest.raises(StudyMismatchError, match="data"):
        paretocaps.optimize(**given, data=(images, np.arange(60) % 2))


def test_data_may_be_the_name_of_a_data_set(folder):
    assert placed({"data": "digits"}) == {"data": None, "dataset": "digits"}
    (folder / "digits").mkdir()
    assert placed({"data": "digits"}) == {"data": "digits"}
    assert placed({"data": folder / "digits"}) == {"data": str(folder / "digits")}


def test_a_trainer_that_was_changed_in_a_cell_is_the_one_that_trains(options, monkeypatch):
    spec = replace(PROBE, name="cell")
    monkeypatch.setitem(TRAINERS._entries, "cell", spec)
    changed = replace(spec, designs={"mine": {"learning_rate": 0.5}})
    done = paretocaps.optimize(
        **options | {"trials": 1, "objectives": "acc,time"}, trainer=changed, executor="inline"
    )
    assert done.front[0].designs == ("mine",)
    with pytest.raises(ParetocapsError, match="trainer 'capsnet' is registered already"):
        named({"trainer": replace(TRAINERS.get("capsnet"), designs={})})


def test_a_fixed_tuple_is_no_other_one_than_what_is_stored(options, monkeypatch):
    monkeypatch.setattr(TRAINERS, "_entries", dict(TRAINERS._entries))

    def line(choices, report):
        report(acc=choices["error"])
        return {"params": sum(choices["hidden"])}

    space = {"error": {"low": 0.1, "high": 0.5}}
    done = paretocaps.optimize(**options, trainer=line, space=space, fix={"hidden": (2, 3)})
    assert {member.values["params"] for member in done.front} == {5}
