"""What study files say that a paper states agrees with the figures that the paper prints of the two rows."""

import pytest

from paretocaps.domain.claim import Difference, verdict
from paretocaps.domain.study_spec import StudySpec
from paretocaps.service.paper_tables import paper_tables

PRINTED = {
    "test_acc": "acc",
    "epoch_time": "epoch_seconds",
    "epochs_to(acc=baseline_16)": "epochs_to_baseline",
}
"""The key of study files for what a paper prints of a quantity, where it has another name."""


def _printed():
    for named in paper_tables():
        published = StudySpec.model_validate(dict(named.file.study)).published
        rows = {row.name: row.figures for row in published.rows}
        for claim in named.table.claims:
            key = PRINTED.get(claim.objective, claim.objective)
            own, other = rows[claim.row].get(key), rows[claim.than].get(key)
            if own is not None and other is not None:
                yield pytest.param(claim, own, other, id=f"{named.name}: {claim.text}")


@pytest.mark.parametrize(("claim", "own", "other"), list(_printed()))
def test_the_printed_figures_bear_out_what_the_paper_states(claim, own, other):
    apart = own / other - 1 if claim.relative else own - other
    assert verdict(claim, Difference(apart, apart, apart, 1, claim.relative)) == "holds"
