import pytest

from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import UsageError
from paretocaps.execution import slots
from paretocaps.execution.inline import InlineExecutor
from paretocaps.execution.processes import ProcessExecutor
from paretocaps.search.places import (
    fewer_jobs,
    kind_of,
    places_on_slots,
    refuse_crowded_ranks,
    refuse_shared_counter,
)


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch):
    monkeypatch.setattr(slots, "one_of_each_core", lambda: (0, 1))


@pytest.mark.parametrize(
    ("workers", "expected"),
    [(None, ["core 0", "core 1"]), (1, ["core 0"]), (3, ["core 0", "core 1", "core 0"])],
)
def test_each_job_has_a_place_on_a_slot(workers, expected):
    assert places_on_slots(StudySpec(workers=workers), ProcessExecutor, ["cpu"], 1) == expected
    assert places_on_slots(StudySpec(workers=workers), ProcessExecutor, ["cpu"], None) == ["cpu"]


@pytest.mark.parametrize(
    ("executor", "here", "message"),
    [
        (ProcessExecutor, ["cuda:0"], "threads=1 splits a CPU into slots, and .* on cuda:0: leave it out"),
        (InlineExecutor, ["cpu"], "threads=1: executor 'processes' has no slots: use processes or ray"),
    ],
)
def test_slots_that_cannot_be_had_are_refused(executor, here, message):
    with pytest.raises(UsageError, match=message):
        places_on_slots(StudySpec(threads=1), executor, here, 1)


def test_fewer_jobs_than_workers_are_told():
    told = "workers=3, but 1 job runs at once, one per GPU (cuda:0): give --share-device for more per GPU"
    assert fewer_jobs(StudySpec(workers=3), ["cuda:0"]).startswith(told)


def test_ranks_that_would_share_a_core_are_refused():
    refuse_crowded_ranks(StudySpec(threads=2, ranks=2))
    refuse_crowded_ranks(StudySpec(ranks=2))
    with pytest.raises(UsageError, match="threads=1: the 2 ranks of a training would share 1 core: give"):
        refuse_crowded_ranks(StudySpec(threads=1, ranks=2))


@pytest.mark.parametrize(
    ("places", "kind"),
    [
        (("cpu", "cpu"), "cpu"),
        (("core 0", "core 1"), "cpu"),
        (("cores 0-1",), "cpu"),
        (("node 1", "node 2"), "cpu"),
        (("cuda:0", "cuda:1"), "cuda"),
        (("H100 1",), "cuda"),
        (("GPU 1",), "cuda"),
    ],
)
def test_the_places_of_jobs_say_what_trains(places, kind):
    assert kind_of(places) == kind


@pytest.mark.parametrize(
    ("places", "remedy"),
    [
        (["core 0", "core 1"], "leave out --threads"),
        (["core 0"], "leave out --threads"),
        (["node 1, slot 1", "node 2, slot 1"], "leave out --threads"),
        (["cpu", "cpu"], "set workers to 1"),
        (["node 1", "node 2", "node 1"], "set workers to 2"),
        (["cuda:0", "cuda:0"], "set workers to 1"),
    ],
)
def test_jobs_that_would_share_a_counter_of_energy_are_refused(places, remedy):
    energy, other = StudySpec(objectives="acc,energy"), StudySpec(require=["energy<=9"])
    for spec in (energy, other):
        with pytest.raises(UsageError, match=f"energy .*{remedy}, or give --share-device"):
            refuse_shared_counter(spec, places)
        refuse_shared_counter(spec, ["node 1", "node 2"])
        refuse_shared_counter(spec, ["cuda:0", "cuda:1"])
        refuse_shared_counter(spec.model_copy(update={"share_device": True}), places)
    refuse_shared_counter(StudySpec(), places)
