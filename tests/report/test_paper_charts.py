from dataclasses import replace

from paretocaps.domain.measurement import EpochRecord
from paretocaps.report.paper_charts import paper_charts
from paretocaps.report.policies import policy_curve


def test_only_what_is_asked_for_is_drawn(front, trials):
    assert paper_charts((), front, trials, (), ()) == {}
    assert paper_charts(("front", "curves", "plans", "depth"), replace(front, members=()), (), (), ()) == {}
    assert set(paper_charts(("front",), front, trials, (), ())) == {
        "front-acc-time-params",
        "front-acc-time",
        "front-acc-params",
        "front-time-params",
    }


def test_curves_and_plans_are_of_the_trials_by_epoch(front, trials):
    own = {"learning_rate": 1e-3, "batch_size": 16, "seconds": 1.0, "time": 1.0, "wall": 1.0}
    epochs = [EpochRecord(epoch=epoch, acc=0.5, **own) for epoch in (1, 2, 3)]
    curve = policy_curve(trials[0], [epochs], "capsnet", 3)
    assert list(paper_charts(("curves",), front, trials, [curve], ())) == ["policies"]
    assert list(paper_charts(("plans",), front, trials, [curve], ())) == ["plans"]


def test_losses_are_drawn_where_trainings_told_some(front, trials):
    own = {"learning_rate": 1e-3, "batch_size": 16, "seconds": 1.0, "time": 1.0, "wall": 1.0}
    plain = [EpochRecord(epoch=epoch, acc=0.5, **own) for epoch in (1, 2, 3)]
    curve = policy_curve(trials[0], [plain], "capsnet", 3)
    given = ("losses",), front, (), [curve], ()
    assert paper_charts(*given, {0: plain}) == {}
    told = [one.model_copy(update={"train_loss": 0.3, "val_loss": 0.2}) for one in plain]
    alone, decoded = (
        paper_charts(*given, {trials[0].trial: told}, of)["losses"] for of in ((), {trials[0].trial})
    )
    assert len(alone.data) == len(decoded.data) == 2
    assert {line.yaxis for line in alone.data} != {line.yaxis for line in decoded.data}
