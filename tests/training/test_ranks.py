import json
import os
import socket
import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.distributed import TCPStore

from paretocaps.domain.choices import Choices
from paretocaps.errors import UsageError
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.training.ranks import ALONE, Ranks
from paretocaps.training.train import train
from paretocaps.training.weights import load_weights


def go_on(record):
    return True


def network(**choices):
    return build_network(architecture(Choices(primary_capsules=4, **choices), 8, 8, 1, 10), 0)


def test_alone_nothing_is_wrapped_or_sent():
    own = network()
    assert ALONE.wrapped(own) is own is ALONE.synchronised(own)
    assert ALONE.from_first(lambda: 3, int) == 3
    assert list(ALONE.tensors_from_first(lambda: {"a": torch.ones(2)})) == ["a"]
    assert ALONE.total(torch.ones(())) == 1
    assert ALONE.remarks(own) == []


def test_each_rank_has_its_device():
    second = Ranks(rank=1, size=2, local=1)
    assert second.device("cuda:2,cuda:3") == "cuda:3"
    assert second.device("cpu") == "cpu"


SENDING = """
import sys, torch
from torch.distributed import TCPStore
from paretocaps.domain.measurement import EpochRecord
from paretocaps.training.launch import loopback_only
from paretocaps.training.ranks import group_of

def refuse(event, arguments):
    if event.startswith("pickle."):
        sys.exit("something was unpickled")

sys.addaudithook(refuse)
loopback_only()
rank, first = int(sys.argv[1]), sys.argv[1] == "0"
port = 0 if first else int(sys.stdin.readline())
store = TCPStore("127.0.0.1", port, is_master=first, wait_for_workers=False)
if first:
    print(store.port, flush=True)
with group_of(rank, 2, rank, store, "gloo") as ranks:
    record = EpochRecord(epoch=1, acc=0.1, seconds=1 / 3, time=1, wall=1, train_loss=float("nan"))
    record, classes = ranks.from_first(lambda: (record, (3, 1)), tuple[EpochRecord, tuple[int, ...]])
    assert classes == (3, 1) and record.seconds == 1 / 3 and record.train_loss != record.train_loss
    # views of one tensor, one without neighbours in memory, one of another precision, one that is empty
    numbers = torch.arange(6.0).reshape(2, 3) / 3
    made = {"row": numbers[0], "column": numbers[:, 0], "half": numbers.bfloat16(), "none": numbers[:0]}
    got = ranks.tensors_from_first(lambda: made)
    assert got.keys() == made.keys() and all(got[name].dtype == made[name].dtype for name in made)
    assert all(torch.equal(got[name], made[name]) for name in made)
"""


@pytest.mark.slow
def test_what_the_first_rank_sends_is_exact_and_not_pickled():
    ranks = [
        subprocess.Popen(
            [sys.executable, "-c", SENDING, str(rank)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in (0, 1)
    ]
    port = ranks[0].stdout.readline()
    told = [ranks[1].communicate(port, timeout=60)[1], ranks[0].communicate(timeout=60)[1]]
    assert told == ["", ""]
    assert [rank.returncode for rank in ranks] == [0, 0]


LATE = """
import sys, time
from paretocaps.training import ranks
from paretocaps.training.launch import loopback_only

loopback_only()
ranks.STEP_SECONDS, rank = 2.0, int(sys.argv[1])
time.sleep(0 if rank else 4)
with ranks.group_of(rank, 2, rank, None, "gloo") as group:
    assert group.from_first(lambda: 3, int) == 3
"""


@pytest.mark.slow
def test_torchruns_ranks_wait_while_the_first_one_prepares():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    ranks = [
        subprocess.Popen(
            [sys.executable, "-c", LATE, str(rank)],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **meeting, "RANK": str(rank), "WORLD_SIZE": "2"},
        )
        for rank in (0, 1)
    ]
    assert [rank.communicate(timeout=60)[1] for rank in ranks] == ["", ""]
    assert [rank.returncode for rank in ranks] == [0, 0]


def test_batch_norms_on_a_cpu_are_remarked_on():
    deep = network(family="resnet_caps")
    assert any(isinstance(module, nn.BatchNorm2d) for module in deep.modules())
    two = Ranks(rank=0, size=2)
    assert two.synchronised(deep) is deep
    assert "with 2 ranks on a CPU losses differ from those of one rank" in two.remarks(deep)[0]
    assert two.remarks(network()) == []


CHOICES = {
    "uneven passes, accumulated": {"batch_size": 14, "accumulate": 2, "augment": "shift"},
    "pruned, momentum": {"family": "momentum_caps", "blocks": 2, "pruning_ratio": 0.5},
}
OF_RANKS = {14: {"batch_size": 7, "batch_per_rank": True}}
"""What two ranks need so that their passes have so many images together."""


@pytest.mark.slow
@pytest.mark.parametrize("choices", CHOICES.values(), ids=CHOICES)
def test_two_ranks_train_as_one_does(job, choices):
    """Of 99 images the last pass has one, so that one rank has none of its own in it."""
    made = job(epochs=2, limit_train=99, **choices)
    one = train(made, go_on)
    weights = load_weights(made.folder / one.weights).state_dict()
    seen = []
    own = {**made.choices, **OF_RANKS.get(choices.get("batch_size"), {})}
    shared = made.model_copy(update={"ranks": 2, "choices": own})
    two = train(shared, lambda record: seen.append(record.epoch) or True)
    assert {r.batch_size for r in two.epochs} == {made.choices["batch_size"]}
    whose, first = ("each", 14) if choices.get("batch_size") else ("all", 50)
    told = f"batch sizes counted the images of {whose} of 2 ranks: the first pass had {first},"
    assert f"{told} {first // 2} on each" in two.remarks
    losses = [[r.train_loss for r in measured.epochs] for measured in (one, two)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
    assert [r.val_loss for r in two.epochs] == pytest.approx([r.val_loss for r in one.epochs], rel=1e-3)
    assert two.tunings
    assert two.predictions.acc == two.acc
    assert two.predictions.labels == one.predictions.labels
    assert (seen, two.params, two.best_epoch) == ([1, 2], one.params, one.best_epoch)
    assert two.device.name == one.device.name.replace("(1 thread)", "(2 ranks of 1 thread)")
    assert not any("had the processor" in remark for remark in two.remarks)  # a rank sleeps for the other
    assert min(one.cpu_time, two.cpu_time) > 0
    again = load_weights(made.folder / two.weights).state_dict()
    assert all(torch.allclose(again[name], weights[name], atol=2e-3) for name in weights)


def test_the_energy_of_several_ranks_is_not_measured(job):
    from paretocaps.training.train import run

    with pytest.raises(UsageError, match="energy of 2 ranks is not measured"):
        run(job(measure=("energy",)), go_on, Ranks(rank=0, size=2))


@pytest.mark.slow
def test_two_ranks_go_on_from_a_checkpoint(job):
    made = job(epochs=2, batch_size=20)
    whole = train(made, go_on)
    cut = made.model_copy(update={"ranks": 2, "checkpoints": True, "folder": made.folder.with_name("cut")})

    def interrupt(record):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(cut, interrupt)
    seen = []
    measured = train(cut, lambda record: seen.append(record.epoch) or True)
    assert seen == [1, 2]
    assert [r.train_loss for r in measured.epochs] == pytest.approx(
        [r.train_loss for r in whole.epochs], rel=1e-5
    )


WITHIN = """
import json, os, sys, torch
from torch.distributed import TCPStore
from paretocaps.data import device_loader
from paretocaps.domain.job import TrainingJob
from paretocaps.training import train as training
from paretocaps.training.launch import loopback_only
from paretocaps.training.ranks import group_of

device_loader.BLOCK_VALUES = 1  # a block is one step
keep = training._Training._keep_within

class Cut(Exception):
    pass

def cut_after(count):
    calls = []
    def keep_and_cut(self):
        keep(self)
        calls.append(1)
        if len(calls) == count:
            raise Cut
    return keep_and_cut

loopback_only()
rank, first = int(sys.argv[1]), sys.argv[1] == "0"
port, cuts, *jobs = json.loads(sys.stdin.readline())
whole, cut = (TrainingJob.model_validate(one) for one in jobs)
store = TCPStore("127.0.0.1", port, is_master=False)
with group_of(rank, 2, rank, store, "gloo") as ranks:
    told = [training.run(whole, lambda record: True, ranks)]
    for count in cuts:
        training._Training._keep_within = cut_after(count)
        try:
            training.run(cut, lambda record: True, ranks)
        except Cut:
            continue
        sys.exit("it was not cut off")
    training._Training._keep_within = keep
    told.append(training.run(cut, lambda record: True, ranks))
if first:
    print(json.dumps([[record.train_loss for record in one.epochs] for one in told]), flush=True)
os._exit(0)  # threads of the trainings that were cut off may still run, which C++ does not survive at an exit
"""


@pytest.mark.slow
def test_two_ranks_go_on_within_an_epoch_with_the_same_losses_and_weights(job):
    """Passes of 15 images are 8 and 7; the last one has 9, and the step of two passes that it is in fewer."""
    made = job(epochs=2, limit_train=99, batch_size=15, accumulate=2, augment="shift")
    made = made.model_copy(update={"ranks": 2, "threads": 1})
    cut = made.model_copy(
        update={"checkpoints": True, "checkpoint_every": 1e-9, "folder": made.folder.with_name("cut")}
    )
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    given = json.dumps([store.port, [2, 1, 2], *(one.model_dump(mode="json") for one in (made, cut))])
    ranks = [
        subprocess.Popen(
            [sys.executable, "-c", WITHIN, str(rank)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in (0, 1)
    ]
    for one in ranks:
        one.stdin.write(given + "\n")
        one.stdin.flush()
    told = [one.communicate(timeout=120) for one in ranks]
    assert [one.returncode for one in ranks] == [0, 0], told
    whole, resumed = json.loads(told[0][0])
    assert whole == resumed
    one, two = (load_weights(each.folder / "weights.pt").state_dict() for each in (made, cut))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_the_first_rank_has_the_losses_of_another_number_of_ranks():
    assert [Ranks(rank, 2).own([0.5, 0.25]) for rank in (0, 1)] == [0.5, 0.25]
    assert [Ranks(rank, 2).own([0.5]) for rank in (0, 1)] == [0.5, 0.0]
    assert ALONE.own([0.5, 0.25]) == 0.75
