import json
from typing import Any

import pytest
from pydantic import ValidationError

from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.published import Published

PUBLISHED: dict[str, Any] = {
    "source": "a paper, Table I",
    "rows": {
        "wab": {"acc": 0.9945, "best_epoch": 8, "note": "18 in the text"},
        "deep": {"acc": 0.7, "choices": {"blocks": 2, "family": "residual_caps"}},
        "first": {"epochs_to_fixed": 3},
    },
}


def test_what_is_not_choices_or_a_note_is_a_figure() -> None:
    found = Published.model_validate(PUBLISHED)
    assert found.rows[0].figures == {"acc": 0.9945, "best_epoch": 8.0}
    assert found.rows[0].note == "18 in the text"
    assert found.figures == ("acc", "best_epoch", "epochs_to_fixed")
    assert found.device == "not stated"


def test_the_stored_form_reads_back_to_itself() -> None:
    found = Published.model_validate(PUBLISHED)
    stored = json.dumps(found.model_dump(mode="json"), sort_keys=True)  # as the store keeps it
    again = Published.model_validate_json(stored)
    assert [row.name for row in again.rows] == ["wab", "deep", "first"]
    assert again == found


def test_a_row_is_about_a_design_or_about_choices() -> None:
    wab, about_deep, _ = Published.model_validate(PUBLISHED).rows
    assert wab.is_about(FrontMember(0, {}, {}, "wab"))
    assert wab.is_about(FrontMember(0, {}, {}, "adabatch = wab"))
    assert not wab.is_about(FrontMember(0, {"acc": 0.9945}, {}))
    deep = {"family": "residual_caps", "blocks": 2, "lr_max": 0.1}
    assert about_deep.is_about(FrontMember(0, deep, {}))
    assert not about_deep.is_about(FrontMember(0, {**deep, "blocks": 3}, {}, "deep"))
    assert not about_deep.is_about(FrontMember(0, {"blocks": 2}, {}, "deep"))


def test_a_row_with_the_numbers_of_its_trials_is_about_those_alone() -> None:
    wab = Published.model_validate(PUBLISHED).rows[0].model_copy(update={"trials": (3,)})
    assert [wab.is_about(FrontMember(number, {}, {}, "wab")) for number in (2, 3)] == [False, True]
    assert "trials" not in wab.model_dump()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"acc": "high"}, "acc"),
        ({"acc": float("nan")}, "acc=nan is not a finite number"),
        ({"note": "nothing"}, "has no figures"),
        ({"acc": 0.9, "choices": 3}, "choices"),
    ],
)
def test_bad_rows_are_refused(row: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Published.model_validate({"source": "s", "rows": {"a": row}})


def test_rows_name_their_baselines_and_the_row_they_are_compared_with() -> None:
    rows: dict[str, Any] = {
        "fixed": {"acc": 0.99},
        "wab": {"epochs_to_baseline": 3, "baselines": ["fixed", "slow"]},
        "slow": {"baselines": ["fixed"], "against": "wab"},
    }
    found = Published.model_validate({"source": "s", "rows": rows})
    assert found.baselines == ("fixed", "slow")
    assert found.figures == ("acc", "epochs_to_baseline")
    assert found.rows[2].against == "wab"
    assert Published.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"baselines": ["gone"]}, "row 'a' names 'gone', which is no row: add it"),
        ({"against": "gone"}, "row 'a' names 'gone'"),
        ({"baselines": ["b"]}, "row 'a' has the baseline 'b', which is no design"),
    ],
)
def test_other_rows_must_exist_and_a_baseline_is_a_design(row: dict[str, Any], message: str) -> None:
    rows = {"a": row, "b": {"acc": 0.9, "choices": {"blocks": 1}}}
    with pytest.raises(ValidationError, match=message):
        Published.model_validate({"source": "s", "rows": rows})


def test_seconds_by_batch_size_survive_the_store():
    table = {"source": "a", "batch_seconds": {"1": 420, "128": 28}}
    published = Published.model_validate(table)
    assert published.batch_seconds == {1: 420, 128: 28}
    assert Published.model_validate_json(published.model_dump_json()) == published
    for wrong in ({"0": 1.0}, {"1": 0.0}, {"many": 1.0}):
        with pytest.raises(ValueError, match="batch_seconds"):
            Published.model_validate({**table, "batch_seconds": wrong})


def test_rows_with_a_figure_for_every_objective_are_a_front_to_compare_with() -> None:
    rows = {"a": {"acc": 0.9, "time": 3.0}, "b": {"acc": 0.8}, "c": {"acc": 0.7, "time": 1.0, "params": 5}}
    published = Published.model_validate({"source": "a paper", "rows": rows})
    assert published.values(["time", "acc"]) == [[3.0, 0.9], [1.0, 0.7]]
    assert published.values(["acc", "energy"]) == []
