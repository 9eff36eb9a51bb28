from paretocaps.domain.choices import Choices
from paretocaps.training.spec import CAPSNET


def test_wab_locks_the_cycles_to_the_batch_phases() -> None:
    wab = CAPSNET.parse(CAPSNET.designs["wab"])
    assert isinstance(wab, Choices)
    assert (wab.lr_policy, wab.cycle, wab.batch_schedule, wab.growth) == (
        "warm_restarts",
        "phase",
        "adabatch",
        "once",
    )
    assert (wab.first_batch, wab.first_epochs, wab.adabatch_p) == (1, 3, 4)


def test_weight_sharing_of_the_papers_includes_the_reduced_decoder() -> None:
    for name in ("ws", "wab_ws"):
        design = CAPSNET.parse(CAPSNET.designs[name])
        assert isinstance(design, Choices)
        assert (design.weight_sharing, design.decoder) == (True, "reduced")
