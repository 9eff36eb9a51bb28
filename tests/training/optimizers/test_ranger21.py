import torch
from pytorch_optimizer import Ranger21

from paretocaps.domain.choices import Choices
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.schedules.plan import build_plan
from paretocaps.training.learner import Learner
from paretocaps.training.optimizer import build_optimizer, rate_tensor

CPU = torch.device("cpu")


def test_with_its_plan_it_trains_as_the_library_with_its_own_schedule_over_a_change_of_batch_size():
    choices = Choices(optimizer="ranger21", batch_schedule="adabatch", first_batch=2, adabatch_p=3)
    plan = build_plan(choices, 24, 7)
    assert plan.choices.lr_policy == "explore_exploit"
    assert plan.total_steps == 3 * 12 + 4 * 3  # batches of 2, then of 8
    start = torch.randn(4, 6, generator=torch.Generator().manual_seed(0))
    ours, theirs = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    rate = rate_tensor(CPU)
    made = build_optimizer([ours], choices, rate)
    library = Ranger21([theirs], num_iterations=plan.total_steps, lr=1e-3)
    generator = torch.Generator().manual_seed(1)
    for step in range(plan.total_steps):
        ours.grad = torch.randn(4, 6, generator=generator)
        theirs.grad = ours.grad.clone()
        rate.fill_(plan.learning_rate(step))
        made.step()
        library.step()
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-7)


def test_it_is_not_captured_and_that_is_said():
    from paretocaps.data.device_loader import DeviceLoader
    from paretocaps.data.images import ImageSet

    images = ImageSet(torch.zeros(20, 1, 8, 8, dtype=torch.uint8), torch.arange(20) % 2)
    choices = Choices(optimizer="ranger21", primary_capsules=2, batch_size=2, precision="fp32")
    network = build_network(architecture(choices, 8, 8, 1, 2), 0)
    learner = Learner(network, DeviceLoader(images, CPU), choices, CPU, captures=True)
    assert learner.remarks == [
        "steps were taken one by one, not as a CUDA graph: ranger21 reads from the device"
    ]
    learner.train_epoch(1, 2, [1e-3] * 10)
    assert len(learner.remarks) == 1
