"""What the jobs of a study ask of a cluster, by its nodes and the study's settings."""

import pytest

from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import UsageError
from paretocaps.execution.ray_plan import Ask, Plan, RayNode, node_of, plan

A100S, T4S, CPUS = RayNode(32, 4, "A100"), RayNode(8, 2, "T4"), RayNode(16)


def spec(**settings):
    return StudySpec(study="s", **settings)


def test_a_node_is_read_from_what_ray_lists():
    listed = {"CPU": 8.0, "GPU": 2.0, "accelerator_type:T4": 1.0, "node:10.0.0.1": 1.0, "memory": 1e9}
    assert node_of(listed) == T4S
    assert node_of({"CPU": 16.0, "accelerator_type:AMD-EPYC": 1.0}) == CPUS
    assert node_of({}) == RayNode(0)


def test_on_cpus_each_job_has_a_node_to_itself():
    assert plan(spec(workers=2), [CPUS, RayNode(4), RayNode(0)]) == Plan(("node 1", "node 2"), Ask(cpus=4))


def test_jobs_beyond_the_nodes_share_them_equally():
    found = plan(spec(workers=5), [CPUS, CPUS])
    assert found.places == ("node 1", "node 2", "node 1", "node 2", "node 1")
    assert found.ask == Ask(cpus=5, shared=True)
    assert plan(spec(workers=64), [CPUS]).ask.cpus == 1


def test_nodes_are_split_into_slots():
    nodes = [RayNode(5), RayNode(1), RayNode(2)]
    found = plan(spec(threads=2), nodes)
    assert found.places == ("node 1, slot 1", "node 1, slot 2", "node 3, slot 1")
    assert found.ask == Ask(cpus=2, slot=2)
    assert len(plan(spec(threads=1, workers=3), nodes).places) == 3
    with pytest.raises(UsageError, match=r"threads=6: no node .* has more than 5 cores: give 5 or fewer"):
        plan(spec(threads=6), nodes)
    with pytest.raises(
        UsageError, match="threads=1 splits a CPU: leave it out on GPUs, or give --device cpu"
    ):
        plan(spec(threads=1), [T4S])


def test_on_gpus_each_has_one_job_whatever_the_workers():
    found = plan(spec(workers=9), [T4S, T4S, CPUS])
    assert found.places == ("T4 1", "T4 2", "T4 3", "T4 4")
    assert found.ask == Ask("cuda:0", cpus=4, gpus=1.0, accelerator="T4")


def test_unlike_gpus_never_mix():
    assert plan(spec(), [T4S, A100S, T4S]).ask.accelerator == "A100"  # as many of each: the first by name
    assert plan(spec(), [T4S, T4S, T4S, A100S]).ask.accelerator == "T4"
    assert len(plan(spec(), [T4S, T4S, T4S, A100S]).places) == 6


def test_the_device_may_name_the_type():
    assert plan(spec(device="T4"), [T4S, A100S]).ask.accelerator == "T4"
    assert plan(spec(device="cpu"), [T4S, A100S]).ask == Ask(cpus=8)
    assert plan(spec(device="cuda"), [T4S, CPUS]).ask.accelerator == "T4"


def test_a_pinned_study_asks_for_its_type():
    found = plan(spec(), [T4S, A100S, A100S], pinned="T4")
    assert (found.ask.accelerator, len(found.places)) == ("T4", 2)


def test_ranks_take_gpus_of_one_node():
    found = plan(spec(ranks=2), [A100S, RayNode(8, 1, "A100")])
    assert found.places == ("A100 1", "A100 2")
    assert found.ask == Ask("cuda:0,cuda:1", cpus=16, gpus=2.0, accelerator="A100")


def test_a_gpu_may_be_shared():
    found = plan(spec(workers=6, share_device=True), [T4S])
    assert found.places == ("T4 1", "T4 2") * 3
    assert found.ask == Ask("cuda:0", cpus=1, gpus=0.3333, accelerator="T4", shared=True)


def test_gpus_without_a_type_are_one_type():
    found = plan(spec(), [RayNode(4, 1), RayNode(4, 1)])
    assert (found.places, found.ask.accelerator) == (("GPU 1", "GPU 2"), None)


@pytest.mark.parametrize(
    ("settings", "nodes", "pinned", "said"),
    [
        ({"device": "cuda:1"}, [T4S], None, "device='cuda:1': Ray chooses the GPU: write auto, cpu, cuda or"),
        ({"device": "cuda"}, [CPUS], None, "the Ray cluster has no GPU: use cpu or auto"),
        ({"device": "H100"}, [T4S], None, "'H100': the Ray cluster has no such GPU (it has 2 T4)"),
        ({}, [A100S], "T4", "study 's' trains on T4, and the Ray cluster has none (it has 4 A100)"),
        ({}, [CPUS], "T4", "study 's' trains on T4, and the Ray cluster has none (it has no GPU)"),
        ({"device": "cpu"}, [T4S], "T4", "device='cpu': study 's' trains on T4"),
        ({"device": "A100"}, [A100S, T4S], "T4", "device='A100': study 's' trains on T4"),
        ({"ranks": 3}, [T4S, T4S], None, "no node of the Ray cluster has more than 2: use fewer ranks"),
        ({"ranks": 2, "workers": 4, "share_device": True}, [T4S], None, "Ray shares a GPU among jobs of one"),
        ({}, [RayNode(0)], None, "the Ray cluster has no node with a CPU"),
    ],
)
def test_what_cannot_be_is_refused(settings, nodes, pinned, said):
    with pytest.raises(UsageError) as refused:
        plan(spec(**settings), nodes, pinned)
    assert said in str(refused.value)


def test_an_ask_is_told_in_words():
    assert str(Ask(cpus=4)) == "4 CPU"
    assert str(Ask("cuda:0", cpus=4, gpus=0.5, accelerator="T4")) == "0.5 T4 GPU and 4 CPU"


def test_an_ask_fits_a_node_that_has_it_all():
    ask = Ask("cuda:0", cpus=4, gpus=1, accelerator="T4")
    assert ask.fits(T4S)
    assert not ask.fits(A100S)
    assert not ask.fits(RayNode(2, 2, "T4"))
    assert Ask(cpus=4).fits(A100S)
