from datetime import UTC, datetime
from typing import Any

from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.published import Published
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.search.identity import stored_form
from paretocaps.search.published_trials import with_trials
from paretocaps.storage.records import StudyRecord

CAPSNET = TRAINERS.get("capsnet")


def rows(table: dict[str, Any], *trials: tuple[dict[str, Any], str | None], **spec: Any) -> dict[str, Any]:
    """Return by row the numbers of its trials, of trials with these choices and designs."""
    published = Published.model_validate({"source": "a paper", "rows": table})
    study = StudyRecord("s", datetime.now(UTC), stored_form(StudySpec(**spec)), None, {"training images": 60})
    members = [
        FrontMember(number, CAPSNET.canonical(choices), {}, design)
        for number, (choices, design) in enumerate(trials)
    ]
    return {row.name: row.trials for row in with_trials(published, study, members).rows}


ACC = {"acc": 0.99}
WS = {"weight_sharing": True, "decoder": "reduced"}


def test_a_row_of_a_design_is_about_what_was_trained_not_about_a_name():
    found = rows(
        {"ws": ACC, "baseline": ACC},
        ({**WS, "lr_policy": "one_cycle"}, "ws"),
        (WS, None),
        ({"family": "lenet5"}, "baseline (family=lenet5)"),
        ({"optimizer": "adamw", "weight_decay": 0.0}, None),
    )
    assert found == {"ws": (1,), "baseline": (3,)}


def test_one_training_is_about_the_rows_of_all_its_designs():
    both = {"adabatch": ACC, "slow": {**ACC, "choices": {"batch_schedule": "adabatch", "growth": "once"}}}
    trial = ({"batch_schedule": "adabatch"}, "adabatch")
    assert rows(both, trial, epochs=5) == {"adabatch": (0,), "slow": (0,)}
    assert rows(both, trial, epochs=9) == {"adabatch": (0,), "slow": ()}


def test_a_row_means_its_study_file_s_fixed_choices():
    table = {"baseline": ACC, "small": ACC, "deep": {**ACC, "choices": {"family": "residual_caps"}}}
    deep = {"family": "residual_caps"}
    trials = [({**own, "augment": augment}, None) for own in ({}, WS, deep) for augment in ("shift", "crop")]
    file = {"design": {"small": WS}, "fix": {"augment": "crop"}}
    assert rows(table, *trials, **file, file_fix={"augment": "shift"}) == {
        "baseline": (0,),
        "small": (2,),
        "deep": (4,),
    }
    assert rows(table, *trials, **file) == {"baseline": (1,), "small": (3,), "deep": (5,)}


def test_a_row_of_choices_leaves_the_others_open():
    table = {"MoCapsNet, 2": {**ACC, "choices": {"family": "momentum_caps", "blocks": 2}}}
    trials = [{"family": "momentum_caps", "blocks": 2, "lr_max": rate} for rate in (0.1, 0.01)]
    trials += [{"family": "momentum_caps", "blocks": 3}, {"family": "residual_caps", "blocks": 2}, {}]
    assert rows(table, *((choices, None) for choices in trials)) == {"MoCapsNet, 2": (0, 1)}
    residual = {"ResCapsNet": {**ACC, "choices": {"family": "residual_caps"}}}
    assert rows(residual, ({"family": "momentum_caps", "gamma": 0.0}, None), (trials[3], None)) == {
        "ResCapsNet": (0, 1)
    }


def test_a_row_is_not_about_trials_for_which_its_choices_mean_nothing():
    table = {
        "shared": {**ACC, "choices": {"weight_sharing": True}},
        "once": {**ACC, "choices": {"growth": "once"}},
        "lenet5": {**ACC, "choices": {"family": "lenet5"}},
    }
    trials = ({"family": "lenet5"}, {"weight_sharing": True}, {"batch_schedule": "adabatch"})
    found = rows(table, *((choices, None) for choices in trials), epochs=5, fix={"routing_gradient": "last"})
    assert found == {"shared": (1,), "once": (2,), "lenet5": (0,)}


def test_a_name_that_is_no_design_s_is_that_of_a_trial():
    assert rows({"mine": ACC}, ({}, "mine"), ({}, None)) == {"mine": (0,)}


def test_without_the_trainer_rows_go_by_names():
    published = Published.model_validate({"source": "a paper", "rows": {"ws": ACC}})
    spec = stored_form(StudySpec()) | {"trainer": "of another package"}
    study = StudyRecord("s", datetime.now(UTC), spec, None)
    assert with_trials(published, study, []) == published
