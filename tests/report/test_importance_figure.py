from paretocaps.report.importance_figure import importance_figure, leading_choices

FOUND = {"acc": {"lr_max": 0.2, "family": 0.7}, "time": {"batch_size": 0.9, "family": 0.1, "never": 0.0}}


def test_choices_are_in_the_order_of_their_shares():
    assert leading_choices(FOUND) == ["batch_size", "family", "lr_max", "never"]


def test_each_objective_has_a_bar_for_each_choice_that_matters():
    acc, time = importance_figure(FOUND)["importance"].data
    assert list(acc.y) == ["batch_size", "family", "lr_max"]
    assert (list(acc.x), list(time.x)) == ([0.0, 0.7, 0.2], [0.9, 0.1, 0.0])


def test_nothing_is_drawn_of_nothing():
    assert importance_figure({}) == importance_figure({"acc": {}}) == {}
