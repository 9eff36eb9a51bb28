import pytest

from paretocaps.errors import StorageError
from paretocaps.web.pages.trial_page import read_trial


def test_a_trial_has_its_values_once_in_tiles_or_below(store):
    for number in range(5):
        shown = read_trial(store, "demo", number)
        tiles = {tile.name: tile.value for tile in shown["tiles"]}
        (attempt,) = shown["trial"].attempts
        shown_acc = float(tiles["validation accuracy at the best epoch"].partition(" ")[0])
        assert shown_acc == pytest.approx(attempt.measurement.acc, abs=0.0051)  # of images: two digits
        assert not {"acc", "time", "params"} & set(shown["measured"])
        assert shown["measured"]["seeds"] == "1"
        assert shown["epochs"] == 3
        assert set(shown["choices"]) == {k for k, v in shown["trial"].choices.items() if v is not None}


def test_a_trial_that_is_not_there_is_refused(store):
    with pytest.raises(StorageError, match="99"):
        read_trial(store, "demo", 99)
