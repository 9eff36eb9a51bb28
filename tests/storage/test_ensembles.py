from dataclasses import replace

import pytest

from paretocaps.errors import StorageError
from paretocaps.storage.records import EnsembleRecord

FOUR = EnsembleRecord("four", ((0, 0, 1), (0, 1, 2)), 0.8, 0.75, 100, 400, 12.5, 2_000)


def test_an_ensemble_is_stored_and_replaced_by_its_name(store):
    other = replace(FOUR, name="all")
    for ensemble in (FOUR, other, replace(FOUR, acc=0.9)):
        store.save_ensemble("s", ensemble)
    assert store.ensembles("s") == [other, replace(FOUR, acc=0.9)]
    with pytest.raises(StorageError, match="no study 't'"):
        store.save_ensemble("t", FOUR)


def test_its_accuracies_have_the_interval_of_their_images():
    found = FOUR.estimates
    assert (found["acc"].value, found["acc"].n) == (0.8, 1)
    # Wilson: (p + z^2 / 2n +- z sqrt(p (1 - p) / n + z^2 / 4 n^2)) / (1 + z^2 / n), z = 1.959964
    assert (found["acc"].low, found["acc"].high) == pytest.approx((0.71117, 0.86663), abs=1e-5)
    assert found["test_acc"].high - found["test_acc"].low < found["acc"].high - found["acc"].low
