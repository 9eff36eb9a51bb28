from dataclasses import replace

from paretocaps.domain.measurement import EpochRecord
from paretocaps.report.parts_section import parts_of, parts_table

EPOCHS = {0: [EpochRecord(epoch=1, acc=0.9, seconds=6.0, time=6.0, wall=10.0)]}


def test_time_is_steps_and_all_else_and_memory_weights_and_all_else(trials):
    (parts,) = parts_of(trials[:2], EPOCHS, {0: {"memory": 2e8}})
    assert (parts.trial, parts.steps, parts.besides) == (0, 6.0, 4.0)
    assert parts.activations == 2e8 - 16 * 8_215_728
    table = parts_table([parts])
    assert table.rows == (("0", "6.00 s", "4.00 s", "60%", "131 MB", "68.5 MB", "200 MB"),)


def test_a_frozen_trunk_has_neither_gradients_nor_moments(trials):
    frozen = replace(trials[0], choices={**trials[0].choices, "frozen": True})
    (parts,) = parts_of([frozen], EPOCHS, {0: {"memory": 2e8, "trunk_params": 8_000_000}})
    assert parts.weights == 4 * 8_000_000 + 16 * 215_728


def test_memory_that_was_not_measured_has_no_columns(trials):
    table = parts_table(parts_of(trials[:1], EPOCHS, {}))
    assert table.headings == ("trial", "training steps", "all else", "steps")
    assert parts_table([]) is None
