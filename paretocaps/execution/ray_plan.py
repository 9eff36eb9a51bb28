"""Decides what each job of a study asks of a Ray cluster, and how many run at once, without importing ray."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.wording import counted
from paretocaps.errors import UsageError

_ACCELERATOR = "accelerator_type:"
_UNNAMED = "GPU"  # of a node that does not say its type


@dataclass(frozen=True)
class RayNode:
    """The resources of one node of a cluster; `accelerator` is the type of its GPUs as Ray names it."""

    cpus: int
    gpus: int = 0
    accelerator: str | None = None


@dataclass(frozen=True)
class Ask:
    """What one job asks of the cluster.

    Attributes:
        device: the devices as the worker names them: "cpu", "cuda:0", or "cuda:0,cuda:1" for two ranks.
        cpus, gpus: the shares of a node that it takes; a GPU that several jobs share counts for a part.
        accelerator: the type of GPU, or None for any.
        shared: whether other jobs run on the device at the same time.
        slot: how many cores the job has to itself, to which it is pinned; None for no slot.
    """

    device: str = "cpu"
    cpus: int = 1
    gpus: float = 0.0
    accelerator: str | None = None
    shared: bool = False
    slot: int | None = None

    def fits(self, node: "RayNode") -> bool:
        """Return whether `node` has what is asked for, taken or not."""
        enough = node.cpus >= self.cpus and node.gpus >= self.gpus
        return enough and self.accelerator in (None, node.accelerator)

    def __str__(self) -> str:
        kind = f"{self.accelerator} GPU" if self.accelerator else "GPU"
        return (f"{self.gpus:g} {kind} and " if self.gpus else "") + f"{self.cpus} CPU"


@dataclass(frozen=True)
class Plan:
    """The places of a study on a cluster, one per job that may run at once, and what each of them asks for.

    Jobs at places of the same name share a node or a GPU.
    """

    places: tuple[str, ...]
    ask: Ask


def node_of(resources: dict[str, float]) -> RayNode:
    """Return a node from the resources that Ray lists for it."""
    kinds = [name.removeprefix(_ACCELERATOR) for name in resources if name.startswith(_ACCELERATOR)]
    gpus = int(resources.get("GPU", 0))
    return RayNode(int(resources.get("CPU", 0)), gpus, min(kinds, default=None) if gpus else None)


def plan(spec: StudySpec, nodes: Sequence[RayNode], pinned: str | None = None) -> Plan:
    """Return where the jobs of a study run on a cluster with these nodes.

    On GPUs there is one place per GPU of one type (per `ranks` GPUs of a node): of the type that the study is
    `pinned` to, or that `spec.device` names, or of which there are the most. On CPUs there are `spec.workers`
    places, each with an equal share of the smallest node; up to one per node, no two share a node. With
    `spec.threads` the nodes are split into slots of so many cores, with a place on each.

    Raises:
        UsageError: the device is not understood, the cluster does not have it, or the study is pinned to
            another one.
    """
    kinds = _kinds(nodes)
    wanted = _wanted(spec, kinds, pinned)
    if wanted is None:
        return _on_cpus(spec, [node for node in nodes if node.cpus])
    named = None if wanted == _UNNAMED else wanted
    return _on_gpus(spec, [node for node in nodes if node.gpus and node.accelerator == named], named)


def _kinds(nodes: Sequence[RayNode]) -> Counter[str]:
    kinds: Counter[str] = Counter()
    for node in nodes:
        if node.gpus:
            kinds[node.accelerator or _UNNAMED] += node.gpus
    return kinds


def _wanted(spec: StudySpec, kinds: Counter[str], pinned: str | None) -> str | None:
    """Return the type of GPU to train on, or None for CPUs."""
    device = spec.device
    found = f"it has {_listed(kinds) or 'no GPU'}"
    if device.startswith("cuda:"):
        raise UsageError(f"device={device!r}: Ray chooses the GPU: write auto, cpu, cuda or a type of GPU")
    if pinned is not None:
        if device not in ("auto", "cuda", pinned):
            raise UsageError(
                f"device={device!r}: study {spec.study!r} trains on {pinned}, and trials on unlike devices do"
                " not compare: leave out --device, or choose another --study name"
            )
        if pinned not in kinds:
            raise UsageError(
                f"study {spec.study!r} trains on {pinned}, and the Ray cluster has none ({found}): start a"
                " node with one, or choose another --study name"
            )
        return pinned
    if device == "cpu":
        return None
    named = device if device not in ("auto", "cuda") else None
    if named is not None and named not in kinds:
        raise UsageError(
            f"device={named!r}: the Ray cluster has no such GPU ({found}): write auto, cpu, cuda or a type"
            " that it has"
        )
    if device == "cuda" and not kinds:
        raise UsageError(f"device={device!r}: the Ray cluster has no GPU: use cpu or auto")
    most = min(kinds, key=lambda kind: (-kinds[kind], kind), default=None)
    return named or most


def _listed(kinds: Counter[str]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def _on_cpus(spec: StudySpec, nodes: Sequence[RayNode]) -> Plan:
    if not nodes:
        raise UsageError("the Ray cluster has no node with a CPU: start one (`ray start --address=...`)")
    if spec.threads is not None:
        return _on_slots(spec, spec.threads, nodes)
    workers = spec.workers or len(nodes)
    per_node = -(-workers // len(nodes))
    share = max(1, min(node.cpus for node in nodes) // per_node)
    places = tuple(f"node {index % len(nodes) + 1}" for index in range(workers))
    return Plan(places, Ask("cpu", cpus=share, shared=per_node > 1))


def _on_slots(spec: StudySpec, cores: int, nodes: Sequence[RayNode]) -> Plan:
    slots = [
        f"node {index + 1}, slot {slot + 1}"
        for index, node in enumerate(nodes)
        for slot in range(node.cpus // cores)
    ]
    if not slots:
        most = max(node.cpus for node in nodes)
        raise UsageError(
            f"threads={cores}: no node of the Ray cluster has more than {counted(most, 'core')}:"
            f" give {most} or fewer"
        )
    jobs = min(spec.workers or len(slots), len(slots))  # Ray keeps the others waiting
    return Plan(tuple(slots[:jobs]), Ask("cpu", cpus=cores, slot=cores))


def _on_gpus(spec: StudySpec, nodes: Sequence[RayNode], kind: str | None) -> Plan:
    if spec.threads is not None:
        raise UsageError(f"threads={spec.threads} splits a CPU: leave it out on GPUs, or give --device cpu")
    count = sum(node.gpus // spec.ranks for node in nodes)
    if not count:
        most = max(node.gpus for node in nodes)
        raise UsageError(
            f"ranks={spec.ranks}: the ranks of a job need as many GPUs of one node, and no node of the Ray"
            f" cluster has more than {most}: use fewer ranks"
        )
    jobs = max(spec.workers or 1, count) if spec.share_device else count
    sharing = -(-jobs // count)
    cpus = min(node.cpus // node.gpus for node in nodes) * spec.ranks // sharing
    device = ",".join(f"cuda:{index}" for index in range(spec.ranks))
    places = tuple(f"{kind or _UNNAMED} {job % count + 1}" for job in range(jobs))
    return Plan(places, Ask(device, cpus, _part(spec.ranks, sharing), kind, shared=sharing > 1))


def _part(gpus: int, sharing: int) -> float:
    """Return the part of `gpus` GPUs that one of `sharing` jobs takes; Ray shares only single GPUs."""
    if sharing == 1:
        return float(gpus)
    if gpus > 1:
        raise UsageError(f"ranks={gpus} with --share-device: Ray shares a GPU among jobs of one rank only")
    return int(10_000 / sharing) / 10_000
