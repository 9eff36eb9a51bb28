from paretocaps.domain.front_record import FrontMember
from paretocaps.report.flag_notes import flag_notes


def test_flags_are_explained_once():
    trials = [FrontMember(n, {}, {}, flags=("loaded",)) for n in (0, 1)]
    (line,) = flag_notes(trials)
    assert line.startswith("loaded: something else")
    assert flag_notes([FrontMember(0, {}, {})]) == []
