import pytest
import torch

from paretocaps.data.images import ImageSet
from paretocaps.errors import UsageError
from paretocaps.evaluation.accuracy import Evaluator
from paretocaps.evaluation.appraisal import Extras, appraise
from paretocaps.evaluation.scores import Ensemble

CPU = torch.device("cpu")
QUICK = Extras(robust=False, pictures=False)


def accuracy_of(network, images):
    with torch.no_grad():
        return float((network.scores(images.images.float() / 255).argmax(1) == images.labels).float().mean())


def test_one_network_is_judged_by_everything(network, digits):
    few, said = ImageSet(digits.images[:60], digits.labels[:60]), []
    found = appraise([network()], few, Evaluator(CPU), CPU, progress=said.append)
    assert found.report.images == 60
    assert found.report.acc == pytest.approx(accuracy_of(network(), few))
    assert found.robustness.plain == found.report.acc
    assert len(found.robustness.transforms) == 26
    assert len(found.grids) == 10
    assert found.reconstructions
    assert (found.members, found.no_pictures) == ((), None)
    assert said[0] == "scoring 60 images"
    assert said[-1].startswith("drawing")


def test_an_ensemble_has_its_members_accuracies_beside_its_own(network, digits):
    members = [network(seed) for seed in range(2)]
    found = appraise(members, digits, Evaluator(CPU), CPU, extras=Extras(robust=False))
    assert found.members == pytest.approx([accuracy_of(member, digits) for member in members])
    assert found.report.acc == pytest.approx(accuracy_of(Ensemble(members), digits))
    assert "no class capsules" in found.no_pictures
    assert found.grids == found.reconstructions == ()


def test_an_ensembles_robustness_is_its_own(network, digits):
    few = ImageSet(digits.images[:40], digits.labels[:40])
    members = [network(seed) for seed in range(2)]
    found = appraise(members, few, Evaluator(CPU), CPU, extras=Extras(pictures=False))
    assert found.robustness.plain == found.report.acc


def test_what_is_not_asked_for_is_not_there(network, digits):
    found = appraise([network()], digits, Evaluator(CPU), CPU, ["a"] * 10, QUICK)
    assert found.robustness is None
    assert found.no_pictures == "Pictures were not requested."
    assert [one.name for one in found.report.classes] == ["a"] * 10


def test_a_network_without_a_decoder_says_why_there_are_no_pictures(network, digits):
    found = appraise([network(decoder="none")], digits, Evaluator(CPU), CPU, extras=Extras(robust=False))
    assert "no decoder" in found.no_pictures


def test_grids_are_of_the_classes_asked_for(network, digits):
    found = appraise([network()], digits, Evaluator(CPU), CPU, extras=Extras(robust=False, grids=(7, 2)))
    assert [grid.label for grid in found.grids] == [7, 2]


def test_no_network_is_refused(digits):
    with pytest.raises(UsageError, match="no network"):
        appraise([], digits, Evaluator(CPU), CPU)
