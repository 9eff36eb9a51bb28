import json

import pytest

from paretocaps import service
from paretocaps.errors import UsageError


@pytest.mark.parametrize(
    ("settings", "params"),
    [
        ([], 8_215_728),
        (["decoder=reduced"], 8_142_000),
        (["weight_sharing=true"], 6_782_128),
        (["weight_sharing=true", "decoder=reduced"], 6_708_400),
    ],
)
def test_the_papers_parameter_counts(settings, params):
    found = service.describe(settings).as_dict()
    assert found["params"] == params == sum(part["params"] for part in found["parts"])
    assert found["macs"] == sum(part["macs"] for part in found["parts"])
    assert found["capsules"] == 1152
    assert json.loads(json.dumps(found)) == found


def test_a_pruned_choice_is_described_pruned():
    whole, half = service.describe(), service.describe(["pruning_ratio=0.5"])
    assert half.macs / whole.macs == pytest.approx(0.5, abs=0.02)
    assert half.capsules < whole.capsules


def test_designs_and_other_images():
    assert service.describe(design="ws").params == 6_708_400
    assert service.describe(image="8x8x3", classes=4).capsules == 128
    assert service.describe(image="12x9").params > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image": "28"}, "image='28' is not understood"),
        ({"image": "0x0"}, "image='0x0' is not understood"),
        ({"image": "7x7x1"}, "7"),
        ({"classes": 1}, "1 classes"),
        ({"design": "wabb"}, "unknown design 'wabb': did you mean 'wab'?"),
        ({"settings": ["adabatch_p=5"]}, "adabatch_p=5 only applies where batch_schedule is adabatch"),
        ({"settings": ["lr_max"]}, "write NAME=VALUE"),
        ({"settings": ["lr_max=1e-3", "lr_max=1e-4"]}, "lr_max is given twice"),
    ],
)
def test_what_cannot_be_described(options, message):
    with pytest.raises(UsageError) as caught:
        service.describe(**options)
    assert message in str(caught.value)


def test_a_plan_has_a_row_an_epoch_and_curves():
    view = service.plan(design="wab", images=60_000, epochs=30)
    assert len(view.rows) == 30
    assert view.rows[0] == {
        "epoch": 1,
        "batch_size": 1,
        "steps": 60_000,
        "lr_first": 1e-3,
        "lr_last": view.rows[0]["lr_last"],
    }
    assert [row["batch_size"] for row in view.rows[2:4]] == [1, 16]
    steps, rates, sizes = view.curve()
    assert len(steps) == len(rates) == len(sizes)
    assert (steps[0], rates[0], sizes[0]) == (0, 1e-3, 1)
    with pytest.raises(UsageError, match="epochs"):
        service.plan(epochs=0)


def test_a_plan_is_drawn_as_a_page(tmp_path):
    view = service.plan(design="wab", images=1000, epochs=5)
    path = service.write_plan_page(view, str(tmp_path / "plan.html"))
    assert "lr_policy=warm_restarts" in path.read_text()
    with pytest.raises(UsageError, match="x.html"):
        service.write_plan_page(view, str(path / "x.html"))


def test_a_network_without_capsules_counts_none():
    assert service.describe(["family=lenet5"]).capsules == 0
