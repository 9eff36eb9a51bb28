import copy

import pytest
import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.tensor_splits import load
from paretocaps.domain.choices import Choices
from paretocaps.domain.job import DataSpec
from paretocaps.domain.tuning import Tuning
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.training import rehearsal as module
from paretocaps.training.learner import Learner
from paretocaps.training.rehearsal import Rehearsal, Rehearsed
from paretocaps.training.rehearsal import _Formed as Formed

CPU = torch.device("cpu")


def rehearsed(images=8, **choices):
    chosen = Choices(primary_capsules=2, **choices)
    loader = DeviceLoader(load(DataSpec(limit_train=60)).train, CPU)
    learner = Learner(build_network(architecture(chosen, 8, 8, 1, 10), 0), loader, chosen, CPU)
    learner._set_batch(images)
    return learner, Rehearsed(learner._step, chosen, images, loader.first)


class Stepwise:
    """Seconds of a step by how its tuning differs from the plain one."""

    def __init__(self, monkeypatch, **factors):
        self.factors, self.tried = factors, []
        monkeypatch.setattr(
            Rehearsal, "_seconds", lambda _, tuning, images, *_steps: self.seconds(tuning, images)
        )
        monkeypatch.setattr(module, "seconds", lambda *_: (0.01, 0.01, 0.01))
        monkeypatch.setattr(module.FormTimes, "fastest", lambda *_: None)
        monkeypatch.setattr(module, "has_fast_bf16", lambda device: True)
        monkeypatch.setattr(module, "has_onednn", lambda: True)
        monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
        monkeypatch.setattr(
            module, "_with_forms", lambda times, precision: Formed(Tuning(precision=precision), 0.0, 0.0)
        )

    def seconds(self, tuning, images):
        self.tried.append((tuning, images))
        taken = 0.01 * images
        recorded = "recorded" if tuning.recorded else "not recorded"
        for name in (tuning.precision, tuning.products, f"{tuning.threads} threads", recorded):
            taken *= self.factors.get(name.replace(" ", "_"), 1.0)
        return taken


@pytest.mark.parametrize(
    ("factors", "expected"),
    [
        ({}, Tuning(threads=1)),
        ({"1_threads": 1.1}, Tuning()),
        ({"1_threads": 1.02}, Tuning(threads=1)),
        ({"bf16": 0.5, "1_threads": 1.1}, Tuning(precision="bf16")),
        ({"bf16": 1.1, "onednn": 0.9, "1_threads": 1.1}, Tuning(products="onednn")),
        ({"bf16": 0.98, "onednn": 0.98, "1_threads": 1.1}, Tuning()),
        ({"bf16": 0.9, "1_threads": 0.9}, Tuning(precision="bf16", threads=1)),
    ],
)
def test_what_makes_a_step_clearly_faster_is_chosen(monkeypatch, factors, expected):
    _, what = rehearsed()
    Stepwise(monkeypatch, **factors)
    assert Rehearsal(what).fastest() == expected


@pytest.mark.parametrize(("meetings", "threads"), [(0.0, None), (0.012, None), (2.0, 1)])
def test_threads_are_chosen_by_all_images_and_not_by_few_in_which_they_mostly_meet(
    monkeypatch, meetings, threads
):
    _, what = rehearsed(images=128)
    steps = Stepwise(monkeypatch)
    monkeypatch.setattr(
        steps,
        "seconds",
        lambda tuning, images: 0.01 * images if tuning.threads == 1 else 0.006 * images + meetings,
    )
    assert Rehearsal(what).fastest().threads == threads


@pytest.mark.parametrize(
    ("images", "factor", "expected"),
    [(2, 0.9, True), (2, 0.98, False), (2, 1.1, False), (4, 0.9, False), (8, 0.9, False)],
)
def test_passes_are_recorded_where_short_steps_are_clearly_faster_so(monkeypatch, images, factor, expected):
    _, what = rehearsed(images=images)  # a turn has four: two steps of two, or one
    Stepwise(monkeypatch, recorded=factor, onednn=0.9, **{"1_threads": 1.1})
    assert Rehearsal(what).fastest() == Tuning(products="onednn", recorded=expected)


@pytest.mark.parametrize(
    ("disturbed", "threads"),
    [({}, None), ({3, 5, 9}, None), ({1, 3, 5, 7, 9}, 1)],  # the calls that took ten times as long
)
def test_beside_other_programs_half_of_the_steps_decide_on_threads(monkeypatch, disturbed, threads):
    _, what = rehearsed()
    steps = Stepwise(monkeypatch, **{"1_threads": 1.5})
    found, calls = Rehearsal(what), iter(range(1000))
    monkeypatch.setattr(Rehearsal, "_images_of_a_turn", lambda _: 2)
    monkeypatch.setattr(
        Rehearsal,
        "_seconds",
        lambda _, tuning, images: steps.seconds(tuning, images) * (10 if next(calls) in disturbed else 1),
    )
    assert found.on_all_threads(Tuning(threads=1)).threads == threads


def test_steps_that_are_repeated_tell_whether_others_disturbed_them(monkeypatch):
    _, what = rehearsed()
    steps = Stepwise(monkeypatch)
    monkeypatch.setattr(module, "BUDGET", 1e9)
    monkeypatch.setattr(module, "_HOPELESS", 1e9)
    quiet, busy = Rehearsal(what), Rehearsal(what)
    quiet.fastest()
    taken = steps.seconds
    monkeypatch.setattr(
        steps, "seconds", lambda *asked: taken(*asked) * (1 + 2 * (len(steps.tried) // 2 % 2))
    )
    busy.fastest()
    assert (quiet.steady, busy.steady) == (True, False)


def test_a_number_format_that_was_asked_for_is_kept(monkeypatch):
    _, what = rehearsed(precision="fp32")
    steps = Stepwise(monkeypatch, bf16=0.1)
    assert Rehearsal(what).fastest().precision == "fp32"
    assert {tuning.precision for tuning, _ in steps.tried} == {"fp32"}


def test_a_step_has_as_many_images_as_a_moment_takes(monkeypatch):
    _, what = rehearsed(images=30)
    steps = Stepwise(monkeypatch)
    found = Rehearsal(what)
    assert found.step_seconds() == pytest.approx(0.3)
    found.fastest()
    assert max(images for tuning, images in steps.tried if tuning.products == "onednn") == 4  # of 10 ms each


def test_a_step_that_takes_long_for_any_number_of_images_has_more_of_them(monkeypatch):
    _, what = rehearsed(images=30)
    steps = Stepwise(monkeypatch)
    monkeypatch.setattr(steps, "seconds", lambda tuning, images: 0.01 + 0.001 * images)
    assert Rehearsal(what)._images_of_a_turn() == 30
    monkeypatch.setattr(steps, "seconds", lambda tuning, images: 0.01 + 0.01 * images)
    assert Rehearsal(what)._images_of_a_turn() == 2  # 40 ms are those of 2.7 images


@pytest.mark.parametrize(("half", "full", "precision"), [(1.0, 1.2, "bf16"), (1.0, 0.8, "fp32")])
def test_where_products_are_taken_by_dfts_precisions_are_compared_for_all_images(
    monkeypatch, half, full, precision
):
    _, what = rehearsed()
    spectral = {"outputs": "spectral", "shape": (64, 20, 20, 64, 9, 9, 2, 2)}
    formed = {
        "bf16": Formed(Tuning(precision="bf16"), half, half),
        "fp32": Formed(Tuning(convolutions=(spectral,)), full, 2.0),
    }
    steps = Stepwise(monkeypatch, **{"1_threads": 1.1})
    monkeypatch.setattr(module, "_with_forms", lambda times, precision: formed[precision])
    assert Rehearsal(what).fastest() == formed[precision].tuning
    assert all(tuning.convolutions == () for tuning, _ in steps.tried)  # a step of few images is all DFTs


@pytest.mark.parametrize(("precision", "bf16"), [("fp32", 0.8), ("bf16", 0.3)])
def test_forms_that_seemed_faster_are_taken_only_where_whole_steps_are(monkeypatch, precision, bf16):
    _, what = rehearsed()
    forms = {"image_gradient": "torch", "shape": (64, 20, 20, 64, 9, 9, 2, 2)}
    formed = {one: Formed(Tuning(precision=one, convolutions=(forms,)), 1.0, 2.0) for one in ("fp32", "bf16")}
    steps = Stepwise(monkeypatch, fp32=0.5, bf16=bf16, **{"1_threads": 1.1})
    alone = steps.seconds
    monkeypatch.setattr(
        steps, "seconds", lambda tuning, images: alone(tuning, images) * (1.2 if tuning.convolutions else 1.0)
    )
    monkeypatch.setattr(module, "_with_forms", lambda times, precision: formed[precision])
    assert Rehearsal(what).fastest() == Tuning(precision=precision)


@pytest.mark.parametrize("bf16", [1.02, 1.0, 0.98])
@pytest.mark.parametrize("forms", [None, {"image_gradient": "torch", "shape": (64, 20, 20, 64, 9, 9, 2, 2)}])
def test_bfloat16_is_not_taken_unless_it_is_clearly_faster(monkeypatch, bf16, forms):
    _, what = rehearsed(images=4)  # of which a turn has all
    Stepwise(monkeypatch, bf16=bf16, onednn=1.1, **{"1_threads": 1.1})
    half = forms and Formed(Tuning(precision="bf16", convolutions=(forms,)), 1.0, 1.0)
    formed = {"fp32": Formed(Tuning(), 1.0, 1.0), "bf16": half}
    monkeypatch.setattr(module, "_with_forms", lambda times, precision: formed[precision])
    assert Rehearsal(what).fastest() == Tuning()


def test_where_time_is_up_only_two_of_several_tunings_are_timed(monkeypatch):
    _, what = rehearsed()
    steps = Stepwise(monkeypatch)
    found = Rehearsal(what)
    monkeypatch.setattr(found, "_deadline", 0.0)
    steps.tried.clear()
    tried = [Tuning(), Tuning(products="onednn"), Tuning(precision="bf16")]
    assert found._turns(tried, 2) == [[0.02], [0.02]]


def test_where_time_is_up_nothing_further_is_tried(monkeypatch):
    _, what = rehearsed()
    Stepwise(monkeypatch, bf16=0.1)
    monkeypatch.setattr(module, "BUDGET", 0.0)
    assert Rehearsal(what).fastest() == Tuning()


@pytest.mark.parametrize(("half", "precision"), [(0.5, "bf16"), (0.99, "fp32")])
def test_where_time_is_up_what_is_predicted_of_convolutions_decides(monkeypatch, half, precision):
    _, what = rehearsed()
    Stepwise(monkeypatch, fp32=0.1)
    predicted = {"bf16": half, "fp32": 1.0}
    formed = {one: Formed(Tuning(precision=one), taken, 1.0) for one, taken in predicted.items()}
    monkeypatch.setattr(module, "_with_forms", lambda times, precision: formed[precision])
    monkeypatch.setattr(module, "BUDGET", 0.0)
    assert Rehearsal(what).fastest() == Tuning(precision=precision)


@pytest.mark.parametrize("choices", [{}, {"precision": "bf16"}, {"routing": "em", "decoder": "none"}])
def test_a_rehearsal_leaves_the_training_as_it_is(monkeypatch, choices):
    monkeypatch.setattr(module, "BUDGET", 0.05)
    learner, what = rehearsed(**choices)
    weights, state = copy.deepcopy(learner.network.state_dict()), torch.random.get_rng_state()
    threads = torch.get_num_threads()
    Rehearsal(what).fastest()
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert all(torch.equal(value, weights[name]) for name, value in learner.network.state_dict().items())
    assert all(parameter.grad is None for parameter in learner.network.parameters())
    assert not learner.optimizer.state
