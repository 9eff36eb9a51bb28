import pytest

from paretocaps.domain.space import Space
from paretocaps.domain.trainer import TRAINERS
from paretocaps.search.without_effect import told, without_effect
from paretocaps.testing.probe import PROBE

CAPSNET = TRAINERS.get("capsnet")
PAPERS = CAPSNET.spaces["papers"]
DIGITS = {"training images": 1294, "pixel rows": 8, "pixel columns": 8, "ranks": 1}


def idle(epochs=30, facts=DIGITS, table=None, **fix):
    space = PAPERS if table is None else Space.parse(table)
    return without_effect(CAPSNET, space.without(fix), fix, epochs, facts)


@pytest.mark.parametrize(
    ("epochs", "names"),
    [(1, ["cycle", "adabatch_p", "growth"]), (3, ["adabatch_p", "growth"]), (5, ["growth"]), (9, [])],
)
def test_schedules_that_begin_after_the_last_epoch_have_no_effect(epochs, names):
    reason = f"in {epochs} epoch{'s' if epochs > 1 else ''}"
    assert idle(epochs) == dict.fromkeys(names, reason)


@pytest.mark.parametrize("name", ["training", "all"])
def test_choices_that_cannot_interact_do_not_keep_others_from_being_told_apart(name):
    assert without_effect(CAPSNET, CAPSNET.spaces[name], {}, 5, DIGITS) == {"growth": "in 5 epochs"}


def test_the_papers_space_without_them_has_every_training_once():
    assert PAPERS.combinations == 2 * 6 * 2 * 4 * 3 * 3 * 2 * 2 * 3 * 4
    assert len(list(PAPERS.without(idle(5)).listed({}))) == 2184


def test_what_a_family_lacks_has_no_effect():
    assert list(told(idle(5, family="lenet5"))) == [
        "weight_sharing, decoder and pruning_ratio have no effect with family=lenet5: not sampled",
        "growth has no effect in 5 epochs: not sampled",
    ]


def test_batches_of_all_images_are_the_same():
    few = {**DIGITS, "training images": 10}
    assert idle(5, few)["batch_size"] == idle(5, few)["adabatch_p"] == "with 10 training images"


@pytest.mark.parametrize(
    ("table", "fix", "reasons"),
    [
        (None, {"lr_policy": "fixed"}, {"cycle": "with lr_policy=fixed", "growth": "in 5 epochs"}),
        ({"cycle": ["epoch", "phase"], "lr_policy": ["fixed", "exponential"]}, {}, {
            "cycle": "unless lr_policy is warm_restarts"}),
        ({"optimizer": ["adam", "adamw"], "lr_max": [0.1, 0.01]}, {"weight_decay": 0.0}, {
            "optimizer": "with weight_decay=0.0"}),
        ({"pruning_start": {"low": 0.1, "high": 0.25}, "pruning_ratio": [0.5]}, {}, {
            "pruning_start": "in 5 epochs"}),
        ({"batch_per_rank": [False, True]}, {}, {"batch_per_rank": "with 1 rank"}),
        ({"image_size": [0, 28], "family": ["lenet5"]}, {}, {"image_size": "in this study"}),
        ({"family": ["residual_caps", "momentum_caps"], "gamma": {"low": 0.0, "high": 0.9}}, {}, {}),
        ({"growth": ["once"], "batch_schedule": ["adabatch"]}, {}, {}),
        ({"saliency": ["routing", "random"]}, {"family": "lenet5"}, {"saliency": "with family=lenet5"}),
        ({"decoder": {"values": ["full", "none"], "when": {"patience": 2}}, "patience": [0, 1]}, {}, {
            "decoder": "unless patience is 2"}),
    ],
)  # fmt: skip
def test_the_reason_is_what_stands_in_the_way(table, fix, reasons):
    assert idle(table=table, epochs=5, **fix) == reasons


def test_a_choice_that_decides_whether_another_acts_stays():
    deciding = {"gamma": [0.5, 0.9], "frozen": {"values": [False, True], "when": {"gamma": 0.5}}}
    assert set(idle(table=deciding)) == {"gamma", "frozen"}
    assert idle(table={**deciding, "decoder": {"values": ["full", "none"], "when": {"frozen": True}}}) == {}


def test_a_choice_stays_where_defaults_of_others_would_be_refused_beside_it():
    table = CAPSNET.spaces["training"].without(["lr_max", "lr_policy"]).table()
    assert "augment" not in idle(5, table=table, lr_max=5e-5, lr_policy="one_cycle")  # lr_min is above it


def test_every_choice_of_a_trainer_without_effects_acts():
    space = Space.parse({"learning_rate": [0.1, 0.2], "failure": ["", "x"]})
    assert without_effect(PROBE, space, {}, 1, {}) == {}


def test_a_choice_with_more_contexts_than_can_be_tried_stays(monkeypatch):
    monkeypatch.setattr("paretocaps.search.without_effect._MOST", 5)
    assert idle(5) == {}


def test_many_values_are_tried_at_some_of_them_with_both_ends():
    many = {"low": 0, "high": 100_000}
    assert idle(3, table={"patience": many, "lr_max": {"low": 1e-4, "high": 0.1, "step": 1e-7}}) == {}
    assert idle(3, table={"patience": {**many, "low": 2}}) == {"patience": "in 3 epochs"}


def test_combinations_that_the_trainer_refuses_are_passed_over():
    table = {"family": ["capsnet", "residual_caps"], "blocks": [0, 1], "lr_max": [0.1]}
    assert idle(table=table) == {}
