import subprocess
import sys

import pytest

from paretocaps.domain.space import Space
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import UnknownNameError, UsageError


def test_the_built_in_trainer_registers_as_any_plug_in_does() -> None:
    assert "capsnet" in TRAINERS
    assert TRAINERS.get("capsnet").name == "capsnet"


def test_its_spec_is_read_without_torch() -> None:
    code = (
        "import sys; from paretocaps.domain.trainer import TRAINERS;"
        "TRAINERS.get('capsnet').canonical({}); print('torch' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


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
    with pytest.raises(UsageError, match="has no choice 'lr_polic'"):
        trainer.check_space(
            Space.parse({"cycle": {"values": ["epoch"], "when": {"lr_polic": "warm_restarts"}}})
        )


def test_an_unknown_trainer_names_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown trainer 'capsnt': did you mean 'capsnet'\?"):
        TRAINERS.get("capsnt")
