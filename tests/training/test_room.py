import pytest
import torch

from paretocaps.domain.choices import Choices
from paretocaps.errors import UsageError
from paretocaps.training import room
from paretocaps.training.room import Demand, check_room
from paretocaps.training.train import train

CPU = torch.device("cpu")
BACKBONE = {"family": "backbone_caps", "backbone": "resnet18", "image_size": 224}
HYBRID = {"family": "resnet_caps", "image_size": 64, "decoder": "full"}


@pytest.fixture
def free(monkeypatch):
    """Let the device have so many bytes free."""

    def set_free(count):
        monkeypatch.setattr(room, "free_bytes", lambda device: int(count))

    return set_free


def demand(side=28, channels=1, images=60_000, ranks=1, **values):
    choices = Choices.model_validate({"precision": "fp32", **values})
    return Demand(choices, (channels, side, side), 10, images, 5, ranks)


def test_what_a_training_needs_is_said(free):
    free(12e9)
    assert check_room(demand(), CPU) == "the training needs about 201 MB of memory, of 12 GB free"


def test_the_largest_batch_of_a_schedule_counts():
    adabatch = {"batch_schedule": "adabatch", "first_batch": 1, "first_epochs": 1, "phase_epochs": 1}
    assert demand(**adabatch).batch() > 1
    assert demand(batch_size=128, images=50).batch() == 50
    assert demand(batch_size=16, ranks=2, batch_per_rank=True).batch() == 32


def test_ranks_share_a_batch_and_a_cpus_memory():
    one, two = (demand(ranks=ranks).bytes(CPU) for ranks in (1, 2))
    assert one < two < 2 * one
    assert demand(ranks=2).bytes(torch.device("cuda"), batch_size=8) < one


@pytest.mark.parametrize(
    ("made", "room_for", "remedy"),
    [
        (demand(512, 3), 12e9, "set decoder=none (about 700 MB)"),
        (demand(256, 3, **BACKBONE), 1e9, "set image_size=96 (about 700 MB)"),
        (demand(256, 3, **HYBRID), 0.9e9, "set image_size=48 and decoder=none (about 552 MB)"),
        (demand(decoder="none"), 150e6, "set batch_size=64 (about 143 MB)"),
        (demand(family="lenet5"), 5e6, "set batch_size=64 (about 4.07 MB)"),
        (demand(), 1e6, "set a smaller image_size and batch_size, or take a machine with more memory"),
    ],
)
def test_a_machine_with_too_little_memory_is_refused_with_what_fits(free, made, room_for, remedy):
    free(room_for)
    with pytest.raises(UsageError) as caught:
        check_room(made, CPU)
    message = str(caught.value)
    assert message.startswith("the training needs about ")
    assert "parameters, batches of 128), but " in message
    assert f" are free on cpu: {remedy}" in message


def test_what_an_earlier_training_left_is_collected_first(monkeypatch):
    reported = iter([1e6, 12e9])
    monkeypatch.setattr(room, "free_bytes", lambda device: next(reported))
    assert check_room(demand(), CPU).endswith("of 12 GB free")


def test_a_training_is_refused_before_it_builds_anything(free, job):
    made = job()
    free(1e6)
    with pytest.raises(UsageError, match="the training needs about .* but 1 MB are free on cpu: "):
        train(made, lambda record: True)
    assert not (made.folder / "weights.pt").exists()
