from paretocaps.domain.space import holds
from paretocaps.replay.space import SPACE
from paretocaps.replay.table import cards, read


def test_every_recorded_design_lies_in_the_space():
    known = {parameter.name: parameter for parameter in SPACE}
    for card in cards():
        for row in read(card.name).rows:
            if not row.design.startswith("d"):
                continue  # a paper's design, which leaves defaults unsaid
            for name, value in row.choices.items():
                one = known[name]
                assert holds(one.when, row.choices), (row.design, name)
                assert value in one.values if one.values else one.low <= value <= one.high, (row.design, name)
