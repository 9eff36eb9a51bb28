import pytest
from pydantic import ValidationError

from paretocaps.replay.card import Recorded
from paretocaps.replay.table import cards, read


@pytest.mark.parametrize("card", cards(), ids=lambda card: card.name)
def test_a_card_tells_what_its_table_holds(card):
    rows = read(card.name).rows
    assert card.designs == len({row.design for row in rows}) <= card.listed
    assert card.trainings == len(rows) == sum(card.devices.values()) + card.failed
    assert card.failed == sum(row.measurement is None for row in rows)
    assert {row.seed for row in rows} == set(card.seeds)
    seconds = [one["seconds"] for row in rows if row.measurement for one in row.measurement["epochs"]]
    assert card.hours == pytest.approx(sum(seconds) / 3600)
    assert card.cpu_hours < card.hours


def test_a_card_tells_the_options_that_play_it():
    options = {card.name: card.options for card in cards()}
    assert options["digits"] == "--dataset digits --epochs 5"


def test_a_training_has_no_other_values():
    with pytest.raises(ValidationError, match="interpolated"):
        Recorded(design="d", choices={}, seed=0, interpolated=True)
