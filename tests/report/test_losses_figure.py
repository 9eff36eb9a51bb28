from paretocaps.domain.measurement import EpochRecord
from paretocaps.report.losses_figure import losses_figure


def records(epochs, **missing):
    return [
        EpochRecord(epoch=e, acc=0.5, seconds=2.0, time=2.0 * e, wall=3.0 * e)
        .model_copy(update={"train_loss": 1 / e, "val_loss": 2 / e} | missing)
        for e in range(1, epochs + 1)
    ]  # fmt: skip


def test_losses_of_the_same_terms_share_a_panel_in_one_colour():
    figure = losses_figure({3: records(4), 8: records(2)}, {8: "wab"})
    assert [(trace.name, trace.line.dash, trace.yaxis) for trace in figure.data] == [
        ("trial 3", "solid", "y"),
        ("trial 3", "dot", "y"),
        ("wab", "solid", "y"),
        ("wab", "dot", "y"),
    ]
    first, second, third, _ = figure.data
    assert (list(first.x), list(first.y)) == ([1, 2, 3, 4], [2, 1, 2 / 3, 0.5])
    assert list(second.y) == [1, 0.5, 1 / 3, 0.25]
    assert first.line.color == second.line.color != third.line.color
    assert [trace.showlegend for trace in figure.data] == [True, False, True, False]


def test_a_training_loss_with_reconstruction_has_a_panel_of_its_own():
    figure = losses_figure({3: records(2), 8: records(2)}, reconstructing={3})
    assert [trace.yaxis for trace in figure.data] == ["y", "y2", "y", "y"]
    assert figure.layout.yaxis2.title.text == "← training, with reconstruction"


def test_losses_that_were_not_reported_are_not_drawn():
    none = records(3, train_loss=None, val_loss=None)
    figure = losses_figure({0: none, 1: records(3, val_loss=None), 2: records(2)})
    assert [(trace.name, list(trace.x)) for trace in figure.data] == [
        ("trial 1", [1, 2, 3]),
        ("trial 2", [1, 2]),
        ("trial 2", [1, 2]),
    ]
    many = losses_figure(dict.fromkeys(range(30), records(2)))
    assert len(many.data) == 14
    assert "7 of 30" in many.layout.title.text
