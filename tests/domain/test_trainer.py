import dataclasses
from pathlib import Path

import pytest

from paretocaps.domain.space import Space
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import ParetocapsError, UnknownNameError, UsageError
from paretocaps.testing.plugin import plug_in, write_plugin
from paretocaps.testing.probe import PROBE


def test_the_built_in_trainer_registers_as_any_plug_in_does() -> None:
    assert "capsnet" in TRAINERS
    assert TRAINERS.get("capsnet").name == "capsnet"


def test_every_design_is_a_set_of_choices() -> None:
    trainer = TRAINERS.get("capsnet")
    canonical = [trainer.canonical(design) for design in trainer.designs.values()]
    assert len(canonical) == 8
    assert all(canonical.count(one) == 1 for one in canonical)


def test_fixed_choices_without_meaning_are_left_out_of_a_trial() -> None:
    trainer = TRAINERS.get("capsnet")
    assert "adabatch_p" not in trainer.complete({"lr_policy": "fixed"}, {"adabatch_p": 5})
    assert trainer.complete({"batch_schedule": "adabatch"}, {"adabatch_p": 5})["adabatch_p"] == 5


def test_a_space_is_checked_against_the_trainers_choices() -> None:
    trainer = TRAINERS.get("capsnet")
    trainer.check_space(trainer.space)
    with pytest.raises(UsageError, match="did you mean 'decoder'"):
        trainer.check_space(Space.parse({"decodr": ["full"]}))
    with pytest.raises(UsageError, match="decoder='half' is not allowed"):
        trainer.check_space(Space.parse({"decoder": ["full", "half"]}))
    with pytest.raises(UsageError, match=r"space.lr_max: lr_max='1e-3' is text: write it as 0.001, without"):
        trainer.check_space(Space.parse({"lr_max": ["1e-3", 1e-2]}))
    with pytest.raises(UsageError, match=r"space.decoder.when: weight_sharing='true' is text: .* as true,"):
        trainer.check_space(
            Space.parse({"decoder": {"values": ["full", "none"], "when": {"weight_sharing": "true"}}})
        )
    with pytest.raises(UsageError, match="has no choice 'lr_polic'"):
        trainer.check_space(
            Space.parse({"cycle": {"values": ["epoch"], "when": {"lr_polic": "warm_restarts"}}})
        )


def test_an_unknown_trainer_names_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown trainer 'capsnt': did you mean 'capsnet'\?"):
        TRAINERS.get("capsnt")


def test_a_training_function_that_is_missing_names_the_trainer_and_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "odd_spec.py").write_text(
        "from dataclasses import replace\n"
        "from paretocaps.domain.trainer import TRAINERS\n"
        "SPEC = replace(TRAINERS.get('capsnet'), name='odd', train='no_such_module:train')\n"
    )
    entries = {"paretocaps.trainers": {"odd": "odd_spec:SPEC"}}
    plug_in(monkeypatch, write_plugin(tmp_path, "odd-parts", entries))
    spec = TRAINERS.get("odd")
    with pytest.raises(ParetocapsError, match="^trainer 'odd' of the package 'odd-parts' cannot be loaded: "):
        spec.load()


def test_a_trial_takes_as_many_ranks_as_its_choices_say():
    trainer = TRAINERS.get("capsnet")
    assert [trainer.ranks_of({"ranks": chosen}, 3) for chosen in (0, 1, 3)] == [3, 1, 3]
    assert trainer.ranks_of({}, 3) == 3
    with pytest.raises(
        UsageError, match=r"choice ranks=2 is more than there are \(1\): give --ranks 2, or --fix"
    ):
        trainer.ranks_of({"ranks": 2}, 1)
    own = dataclasses.replace(trainer, ranks=False)
    assert own.ranks_of({"ranks": 7}, 1) == 1  # another trainer's choice of that name means something else


def test_more_ranks_than_the_study_has_are_refused_before_it_starts():
    trainer, space = TRAINERS.get("capsnet"), Space.parse({"ranks": [1, 2]})
    trainer.check_ranks(2, {}, space)
    trainer.check_ranks(1, {"ranks": 1})
    for fix, sampled in (({"ranks": 2}, Space()), ({}, space)):
        with pytest.raises(UsageError, match="choice ranks=2 is more than there are"):
            trainer.check_ranks(1, fix, sampled)


def test_a_trainer_that_does_not_say_so_continues_no_shorter_training():
    why = PROBE.why_not_continued({}, 2, 4, {})
    assert why == "trainer 'probe' does not continue shorter trainings"
