from paretocaps.search.stopping.never import Never


def test_it_stops_nothing_and_lets_go_on_what_was_stopped(asked, objectives):
    poor = asked([(-0.9, 1, 1)] * 9 + [(-0.1, 9, 9)])
    assert Never(objectives).verdict(*poor) is None
    assert Never(objectives).promising(*poor).goes_on
