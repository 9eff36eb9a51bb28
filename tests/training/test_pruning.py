import pytest

from paretocaps.domain.choices import Choices
from paretocaps.models.architecture import architecture
from paretocaps.models.complexity import multiply_adds
from paretocaps.training import pruning
from paretocaps.training.train import train


@pytest.mark.slow
@pytest.mark.parametrize(
    ("blocks", "ratio", "remarked"), [(0, 0.5, False), (4, 0.95, True)], ids=["attained", "out of reach"]
)
def test_the_share_that_was_removed_is_recorded(job, blocks, ratio, remarked):
    family = {"family": "momentum_caps", "blocks": blocks} if blocks else {}
    asked = job(epochs=1, pruning_ratio=ratio, decoder="none", **family)
    found = train(asked, lambda record: True)
    whole = architecture(Choices.model_validate(asked.choices), 8, 8, 1, 10)
    share = found.quantities["pruned_share"]
    assert share == 1 - found.macs / multiply_adds(whole)
    assert (abs(share - ratio) > 0.02) == remarked
    said = f"{share:.3g} of the multiply-adds were removed, not pruning_ratio={ratio}"
    assert any(remark.startswith(said) for remark in found.remarks) == remarked


@pytest.mark.parametrize(("saliency", "start"), [("routing", 0.0), ("coupling", 0.0), ("coupling", 0.5)])
def test_a_saliency_of_random_weights_is_said(job, saliency, start):
    asked = job(
        epochs=2, limit_train=20, pruning_ratio=0.5, pruning_start=start, saliency=saliency, decoder="none"
    )
    said = [remark for remark in train(asked, lambda record: True).remarks if "on random weights" in remark]
    assert bool(said) == (saliency == "coupling" and start == 0.0)


def test_routing_asks_a_probe_before_the_first_step(job, monkeypatch):
    asked = []
    monkeypatch.setattr(pruning, "untrained_saliencies", lambda *given: asked.append(given) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train(job(epochs=2, limit_train=20, pruning_ratio=0.5, pruning_start=0.0), lambda record: True)
    train(job(epochs=2, limit_train=20, pruning_ratio=0.5, pruning_start=0.5), lambda record: True)
    assert len(asked) == 1


def test_without_pruning_no_share_is_recorded(job):
    found = train(job(epochs=1, decoder="none"), lambda record: True)
    assert "pruned_share" not in found.quantities


def test_a_training_that_ends_before_it_prunes_says_so(job):
    found = train(job(epochs=4, pruning_ratio=0.5, pruning_start=0.5, decoder="none"), lambda record: False)
    assert found.quantities["pruned_share"] == 0.0
    assert any("ended before it pruned" in remark for remark in found.remarks)
