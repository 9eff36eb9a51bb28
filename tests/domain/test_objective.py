import pytest

from paretocaps.domain.objective import (
    OBJECTIVES,
    canonical_name,
    images_of,
    is_scaled,
    is_signed,
    is_timed,
    parse_objectives,
    split_names,
)
from paretocaps.errors import UnknownNameError, UsageError


def test_objectives_are_read_in_order_from_text_or_names() -> None:
    assert [o.name for o in parse_objectives("acc, time,params")] == ["acc", "time", "params"]
    assert parse_objectives(["acc", "macs"]) == parse_objectives("acc,macs")


def test_every_objective_says_its_direction_unit_and_meaning() -> None:
    for name in OBJECTIVES:
        objective = OBJECTIVES.get(name)
        assert objective.name == name
        assert objective.direction in {"maximize", "minimize"}
        assert objective.description
        assert objective.sign == (-1 if objective.direction == "maximize" else 1)
    assert {"acc", "time", "wall", "params", "macs", "memory"} <= set(OBJECTIVES)


def test_bad_lists_of_objectives() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown objective 'tme': did you mean 'time'\?"):
        parse_objectives("acc,tme")
    with pytest.raises(UsageError, match="at least two"):
        parse_objectives("acc")
    with pytest.raises(UsageError, match="named twice"):
        parse_objectives("acc,acc")


def test_an_accuracy_to_reach_is_a_parameter() -> None:
    acc, reached, epochs, params = parse_objectives("acc,time_to(acc=0.955), epochs_to(acc=.9),params")
    assert (acc.name, params.name) == ("acc", "params")
    assert (reached.name, reached.unit, reached.timed, reached.device_bound) == (
        "time_to(acc=0.955)",
        "s",
        True,
        True,
    )
    assert (epochs.name, epochs.timed, epochs.device_bound) == ("epochs_to(acc=0.9)", False, False)
    assert "0.955" in reached.description
    assert reached.direction == epochs.direction == "minimize"
    assert "time_to(acc=0.123)" in OBJECTIVES
    assert "time_to(acc=7)" not in OBJECTIVES
    assert "time_to" not in OBJECTIVES


def test_two_accuracies_are_two_objectives_and_one_in_two_spellings_is_one() -> None:
    assert len(parse_objectives("time_to(acc=0.9),time_to(acc=0.95)")) == 2
    with pytest.raises(UsageError, match="named twice"):
        parse_objectives(["time_to(acc=0.9)", "time_to(acc=.90)"])
    with pytest.raises(UsageError, match=r"write time_to\(acc=0.99\)"):
        parse_objectives("acc,time_to(acc=2)")


def test_names_are_split_outside_parentheses() -> None:
    assert split_names("acc, f(a=1,b=2) ,time,") == ("acc", "f(a=1,b=2)", "time")
    assert canonical_name("time_to(acc=.50)") == "time_to(acc=0.5)"
    assert canonical_name("time_to(acc=5)") == "time_to(acc=5)"
    assert canonical_name("whatever") == "whatever"


def test_shares_of_images_are_told_by_their_quantity() -> None:
    assert [images_of(name) for name in ("acc", "robust", "test_acc")] == ["validation", "validation", "test"]
    others = ["time", "params", "best_epoch", "epochs_to(acc=0.4)", "no such"]
    assert not any(images_of(name) for name in others)
    assert not any(is_signed(name) for name in ("acc", *others))


def test_times_are_told_by_their_quantity() -> None:
    timed = {"time", "cpu_time", "wall", "latency", "latency_batch", "epoch_time", "time_to(acc=0.4)"}
    assert all(map(is_timed, timed))
    assert {name for name in timed if is_scaled(name)} == timed - {"cpu_time"}
    assert not any(map(is_timed, ["acc", "params", "flops", "memory", "epochs_to(acc=0.4)", "no such"]))
