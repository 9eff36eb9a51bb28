from types import SimpleNamespace

import pytest
import torch

from paretocaps.data.cache import cache_folder
from paretocaps.domain.choices import Choices
from paretocaps.domain.tuning import VARIABLE, ConvolutionShape, ConvolutionTuning, Tuning, tunings_json
from paretocaps.errors import UsageError
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.models.tuned import using
from paretocaps.training import tuner as module
from paretocaps.training.optimizer import rate_tensor
from paretocaps.training.rehearsal import Rehearsed
from paretocaps.training.step import TrainingStep
from paretocaps.training.tuner import Tuner, keep_measured, measured_before, tunings_file

CPU = torch.device("cpu")
ONEDNN = Tuning(products="onednn")


def tuner(images=8, **chosen):
    choices = Choices(primary_capsules=2, **chosen)
    network = build_network(architecture(choices, 8, 8, 1, 10), 0)
    optimizer = torch.optim.SGD(network.parameters())
    step = TrainingStep(network, optimizer, rate_tensor(CPU), CPU, Tuning())
    return Tuner(Rehearsed(step, choices, images, lambda count: pytest.fail("rehearsed")))


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("PARETOCAPS_CACHE", str(tmp_path))
    monkeypatch.delenv(VARIABLE)


def test_the_key_differs_with_what_is_computed():
    keys = [tuner().key, tuner(images=9).key, tuner(precision="bf16").key, tuner(weight_sharing=True).key]
    assert len(set(keys)) == len(keys)
    assert tuner(lr_max=0.01).key == tuner(optimizer="adamw").key == keys[0]
    assert keys[0].startswith("capsnet 8x8x1 ")
    assert keys[0].endswith(", 8 images, auto")


class Rehearsal:
    """Finds the tuning of oneDNN, and notes how many threads computed."""

    threads, steady, worth_it = [], True, False

    def __init__(self, rehearsed):
        pass

    def fastest(self):
        self.threads.append(torch.get_num_threads())
        return ONEDNN

    def on_all_threads(self, tuning):
        return tuning.model_copy(update={"threads": None}) if self.worth_it else tuning


@pytest.fixture
def rehearsed(monkeypatch):
    monkeypatch.setattr(module, "Rehearsal", Rehearsal)
    monkeypatch.setattr(Rehearsal, "threads", [])
    return Rehearsal


def disturb(monkeypatch, *shares):
    """Let the threads of each rehearsal in turn wait for so much of its time, and of all others for none."""
    left = list(shares)
    monkeypatch.setattr(module.TakenTime, "shares", property(lambda _: (left.pop(0) if left else 0.0, 0.0)))


@pytest.mark.usefixtures("rehearsed")
def test_what_was_measured_is_known_to_later_trainings_of_the_machine():
    assert tuner().known() is None
    assert tuner().measure(1.0) == ONEDNN
    assert tuner().known() == ONEDNN
    assert tuner(images=9).known() is None


@pytest.mark.parametrize(("worth_it", "threads"), [(False, 1), (True, None)])
def test_beside_other_programs_one_thread_tells_the_tuning_and_nothing_is_kept_for_later(
    monkeypatch, rehearsed, worth_it, threads
):
    disturb(monkeypatch, 0.2, 0.2)
    monkeypatch.setattr(rehearsed, "worth_it", worth_it)
    with using(Tuning(threads=2)):
        assert tuner().measure(1.0) == ONEDNN.model_copy(update={"threads": threads})
        assert (rehearsed.threads, tuner().known()) == ([2, 2, 1], None)
        assert tuner().measure(1.0) == tuner().known() == ONEDNN  # they have ended


def test_what_another_program_disturbed_for_a_moment_is_measured_again(monkeypatch, rehearsed):
    disturb(monkeypatch, 0.2)
    with using(Tuning(threads=2)):
        assert tuner().measure(1.0) == tuner().known() == ONEDNN
    assert rehearsed.threads == [2, 2]


def test_waiting_does_not_lengthen_the_seconds_of_one_thread(monkeypatch, rehearsed):
    disturb(monkeypatch, 0.9)
    with using(Tuning(threads=1)):
        assert tuner().measure(1.0) == tuner().known() == ONEDNN
    assert rehearsed.threads == [1]


def test_steps_whose_seconds_spread_widely_are_for_this_training_only(monkeypatch, rehearsed):
    monkeypatch.setattr(rehearsed, "steady", False)
    with using(Tuning(threads=1)):
        assert (tuner().measure(1.0), tuner().known()) == (ONEDNN, None)
    assert rehearsed.threads == [1, 1]


def test_the_user_may_switch_measuring_off(monkeypatch):
    monkeypatch.setenv(VARIABLE, "off")
    assert tuner().known() == Tuning()
    assert tuner(precision="bf16").known() == Tuning(precision="bf16")


def test_the_user_may_fix_the_tunings(monkeypatch, tmp_path):
    file = tmp_path / "own.json"
    file.write_text(tunings_json({tuner().key: ONEDNN}))
    monkeypatch.setenv(VARIABLE, str(file))
    assert (tuner().known(), tuner(images=9).known()) == (ONEDNN, Tuning())
    file.write_text("nothing")
    with pytest.raises(UsageError, match=r"own\.json"):
        tuner().known()


@pytest.mark.parametrize(
    ("tuning", "why"),
    [(Tuning(threads=3), "2 threads"), (Tuning(precision="bf16"), "precision=fp32 is asked for")],
)
def test_a_fixed_tuning_that_cannot_be_used_here_is_an_error(monkeypatch, tmp_path, tuning, why):
    (tmp_path / "own.json").write_text(tunings_json({tuner(precision="fp32").key: tuning}))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "own.json"))
    with using(Tuning(threads=2)), pytest.raises(UsageError, match=rf"own\.json: .* 8 images, fp32 .*{why}"):
        tuner(precision="fp32").known()


def test_float16_is_never_the_fastest_that_is_as_accurate():
    assert tuner().refusal(Tuning(precision="bf16")) == ""
    assert "precision=auto" in tuner().refusal(Tuning(precision="fp16"))


@pytest.mark.parametrize(
    "tuning",
    [
        ONEDNN,
        Tuning(convolutions=(ConvolutionTuning(shape=ConvolutionShape(*[1] * 8), filter_gradient="onednn"),)),
    ],
)
def test_a_tuning_for_a_library_that_torch_lacks_here_is_refused(monkeypatch, tuning):
    monkeypatch.setattr(module, "has_onednn", lambda: True)
    assert tuner().refusal(tuning) == ""
    monkeypatch.setattr(module, "has_onednn", lambda: False)
    assert "oneDNN" in tuner().refusal(tuning)
    assert tuner().refusal(Tuning()) == ""


def test_what_was_measured_is_not_known_where_it_cannot_be_used_any_more(monkeypatch):
    keep_measured(tuner()._file, {tuner().key: Tuning(compiled=True)})
    monkeypatch.setattr(module, "why_not_compiled", lambda: "")
    assert tuner().known() == Tuning(compiled=True)
    monkeypatch.setattr(module, "why_not_compiled", lambda: "there is no C compiler")
    assert tuner().known() is None


def test_steps_that_cannot_be_compiled_here_are_rehearsed_once_there_is_a_compiler(monkeypatch):
    asked = []

    class Graphs:
        def fastest(self, *, compiles):
            asked.append(compiles)
            return Tuning(compiled=compiles)

    def on_a_gpu():
        found = tuner()
        found._on_cpu, found._graphs = False, Graphs()
        return found

    for why in ("there is no C compiler", "", "there is no C compiler"):
        monkeypatch.setattr(module, "why_not_compiled", lambda why=why: why)
        assert on_a_gpu().measure(module.COMPILING) == Tuning(compiled=not why)
    assert asked == [False, True]
    assert on_a_gpu().known() is None


def test_steps_of_several_ranks_are_not_said_to_be_compiled(monkeypatch):
    monkeypatch.setattr(module, "why_not_compiled", lambda: "")
    found = tuner()
    found._rehearsed.step.ranks = SimpleNamespace(size=2)
    assert found.refusal(Tuning(compiled=True)) == "steps of several ranks are not compiled"


def test_each_device_has_a_file_of_its_own():
    file = tunings_file("A (R) Processor (2 threads), torch 2.13.0+cpu")
    assert file == cache_folder() / "tunings" / "A-R-Processor-2-threads-torch-2.13.0+cpu-7.json"


def test_a_file_that_cannot_be_read_or_written_is_passed_over(tmp_path):
    file = tmp_path / "some.json"
    file.write_text("{")
    assert measured_before(file) == {}
    keep_measured(file, {"a": ONEDNN})
    keep_measured(file, {"b": Tuning()})
    assert measured_before(file) == {"a": ONEDNN, "b": Tuning()}
    keep_measured(file / "below" / "it.json", {"a": ONEDNN})
