"""The study files: each is a study that can be run, as a whole and scaled down as its header says."""

import re
import shlex
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import click
import numpy as np
import pyarrow as pa
import pytest
import torch
from PIL import Image
from pyarrow import parquet

from paretocaps.cli.app import app
from paretocaps.data.catalog import DATASETS
from paretocaps.data.last_read import forget
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.study_file import read_study_file, resolve_spec
from paretocaps.search.checked_study import check_study
from paretocaps.search.designs import StudyDesigns
from paretocaps.search.identity import stored_form
from paretocaps.search.published_trials import with_trials
from paretocaps.search.same_training import SameTraining
from paretocaps.search.sequences import grid
from paretocaps.search.views import trials_of
from paretocaps.service.running import optimize
from paretocaps.storage.records import StudyRecord
from paretocaps.storage.store import Store

STUDIES = Path(__file__).resolve().parents[2] / "paretocaps" / "domain" / "specs"
FILES = sorted(path.name for path in STUDIES.glob("*.toml"))
PAPERS = [name for name in FILES if name != "quickstart.toml"]
MOCAPSNET = [name for name in PAPERS if name.startswith("mocapsnet")]
FASTRCAPS = [
    name
    for name in PAPERS
    if name.startswith(("fastrcaps", "x_traincaps")) and name != "fastrcaps_batches.toml"
]
DESIGNED = [name for name in PAPERS if "\n[design]\n" in (STUDIES / name).read_text()]
MNIST_SHAPE, COLOUR_SHAPE = (28, 28), (32, 32, 3)


@pytest.fixture(autouse=True)
def _threads():
    before = torch.get_num_threads()
    forget()
    yield
    torch.set_num_threads(before)


def classes_of(dataset):
    return {"cifar100": 100, "tiny-imagenet": 200}.get(dataset, 10)


def images(folder, dataset):
    """Parquet files of noise in the shape of a data set, with all of its classes."""
    shape = MNIST_SHAPE if dataset.endswith("mnist") else COLOUR_SHAPE
    classes = classes_of(dataset)
    random = np.random.default_rng(0)
    struct = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    for part, count in (("train", 2 * classes), ("test", classes)):
        rows = []
        for _ in range(count):
            file = BytesIO()
            Image.fromarray(random.integers(0, 256, shape).astype(np.uint8)).save(file, "PNG")
            rows.append({"bytes": file.getvalue(), "path": None})
        labels = pa.array([n % classes for n in range(count)], pa.int64())
        parquet.write_table(
            pa.table({"image": pa.array(rows, struct), "label": labels}), folder / f"{part}.parquet"
        )
    return folder


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_a_study(name):
    spec = resolve_spec({}, read_study_file(STUDIES / name))
    checked = check_study(spec)
    assert spec.dataset in DATASETS
    if spec.sampler == "grid":
        points = [checked.trainer.complete(one, checked.fix) for one in grid(checked.space, checked.fix, 0)]
        assert len(points) == spec.trials
        assert len({repr(sorted(point.items())) for point in points}) == spec.trials


@pytest.mark.parametrize("name", PAPERS)
def test_the_header_says_how_to_run_it_scaled_down(name):
    header = (STUDIES / name).read_text().split("\nstudy = ")[0]
    assert all(line.startswith("#") for line in header.splitlines())
    joined = header.replace("\\\n#     ", "")
    *others, scaled_down = re.findall(r"^#   (paretocaps .*)$", joined, re.M)
    for command in (*others, scaled_down):
        parameters = parsed(command)
        assert parameters.get("spec_file") in (None, f"paretocaps:{Path(name).stem}")
    assert parameters["epochs"] == 1
    assert parameters["limit_train"]


def parsed(command):
    """Return the parameters of a command as the command line reads them."""
    _, verb, *arguments = shlex.split(command)
    context = click.Context(app)
    found = app.get_command(context, verb)
    assert found is not None
    return found.make_context(verb, arguments, parent=context).params


def planned(name):
    """Return a study's trials: those of its designs or of its grid, as they would be stored."""
    spec = resolve_spec({}, read_study_file(STUDIES / name))
    checked = check_study(spec)
    same = SameTraining(checked.trainer, spec.epochs, None)
    designs = StudyDesigns(spec, checked.trainer, checked.space, checked.fix, same)
    if spec.sampler == "grid":
        points = grid(checked.space, checked.fix, 0)
        choices = [(None, checked.trainer.complete(sampled, checked.fix)) for sampled in points]
    else:
        choices = [(design, designs.of(design).choices) for design in checked.designs]
    return spec, [FrontMember(n, values, {}, design) for n, (design, values) in enumerate(choices)]


@pytest.mark.parametrize("name", DESIGNED)
def test_a_study_of_named_designs_has_exactly_those(name):
    spec, trials = planned(name)
    assert len({repr(sorted(trial.choices.items())) for trial in trials}) == len(trials) == spec.trials
    assert set(spec.design) <= {trial.design for trial in trials}


@pytest.mark.parametrize("name", PAPERS)
def test_every_published_row_is_about_one_of_its_trials(name):
    spec, trials = planned(name)
    if spec.published is None:
        assert "no published numbers" in (STUDIES / name).read_text()
        return
    record = StudyRecord(spec.study, datetime.now(UTC), stored_form(spec), None)
    for row in with_trials(spec.published, record, trials).rows:
        if (ensemble := spec.ensembles.get(row.name)) is not None:
            members = [trial for trial in trials if ensemble.takes(trial.design, trial.choices)]
            assert len(members) * spec.repeats == ensemble.size
            continue
        (trial,) = (trial for trial in trials if row.is_about(trial))
        assert row.choices or trial.design in (None, row.name)
        assert all(0 < value < 1 for figure, value in row.figures.items() if figure.startswith("acc"))


@pytest.mark.parametrize("name", FASTRCAPS)
def test_what_leaves_the_batch_open_has_a_design_at_16_and_one_at_128(name):
    spec = resolve_spec({}, read_study_file(STUDIES / name))
    checked = check_study(spec)
    trained = {
        design: checked.trainer.complete(checked.trainer.designs[design], checked.fix)
        for design in checked.designs
    }
    both = {design.removesuffix("_16") for design in trained if design.endswith("_16")}
    assert both == {design.removesuffix("_128") for design in trained if design.endswith("_128")}
    assert {"baseline", "exponential", "one_cycle", "warm_restarts", "ws", "lenet5_fixed"} <= both
    for design, choices in trained.items():
        constant = choices["batch_schedule"] == "constant"
        assert constant == (design.removesuffix("_16").removesuffix("_128") in both)
        assert not constant or choices["batch_size"] == int(design.rpartition("_")[2])
        assert choices.get("routing_gradient") == (None if choices["family"] == "lenet5" else "all")
    assert spec.published is not None
    seconds = {row.name: row.figures.get("epoch_seconds") for row in spec.published.rows}
    assert (seconds["baseline_16"], seconds["baseline_128"], seconds["lenet5_fixed_16"]) == (49, 28, 17)
    compared = {row.name: row.baselines for row in spec.published.rows}
    assert compared["wab"] == ("baseline_16", "baseline_128")
    assert compared["lenet5_adabatch"] == ("lenet5_fixed_16", "lenet5_fixed_128")
    assert [name for name, others in compared.items() if not others] == [
        "baseline_16", "baseline_128", "lenet5_fixed_16", "lenet5_fixed_128",
    ]  # fmt: skip


@pytest.mark.parametrize("name", PAPERS)
def test_the_header_says_whose_gradient_the_routing_has(name):
    assert "routing_gradient" in (STUDIES / name).read_text().split("\nstudy = ")[0]


def test_the_tables_are_those_of_the_paper():
    def points(name):
        checked = check_study(resolve_spec({}, read_study_file(STUDIES / name)))
        return [checked.trainer.complete(one, checked.fix) for one in grid(checked.space, checked.fix, 0)]

    for table in MOCAPSNET[:2]:
        found = {(d["family"], d["blocks"]) for d in points(table)}
        assert found == {(f, b) for f in ("residual_caps", "momentum_caps") for b in range(1, 9)}
    third = points("mocapsnet_table3_cifar10.toml")
    policies = {(d["optimizer"], d["lr_policy"]) for d in third}
    assert policies == {("adam", "epoch_decay"), ("ranger21", "explore_exploit")}
    assert {d["stem_convolutions"] for d in third if d["family"] == "capsnet"} == {1, 2}
    fifth = [trial.choices for trial in planned("mocapsnet_table5_cifar10.toml")[1]]
    others = {(0.1, 128, 32), (0.01, 64, 32), (0.01, 256, 32), (0.01, 128, 64), (0.001, 128, 32)}
    tried = {(0.01, 128, 32)} | others
    assert len(fifth) == 2 * len(tried)
    assert {(d["lr_max"], d["batch_size"], d["capsules"]) for d in fifth} == tried
    assert {d["family"] for d in fifth} == {"residual_caps", "momentum_caps"}
    grids = [name for name in MOCAPSNET if name != "mocapsnet_table5_cifar10.toml"]
    assert all(d["standardise"] and d["augment"] == "crop" for name in grids for d in points(name))


def test_the_hybrids_are_trained_on_one_gpu_and_on_several_as_in_the_paper():
    spec, trials = planned("hybrids_mnist.toml")
    trainer = check_study(spec).trainer
    found = {trial.design: trial.choices for trial in trials}
    assert [trainer.ranks_of(choices, spec.ranks) for choices in found.values()] == [1, 1, 2, 2, 1, 2]
    names = "batch_size", "batch_per_rank", "accumulate", "precision"
    assert [tuple(choices[name] for name in names) for choices in found.values()] == [
        *[(32, False, 1, "fp32")] * 2,
        *[(32, True, 4, "fp16")] * 2,
        (32, False, 1, "fp16"),
        (32, True, 1, "fp32"),
    ]
    flags = {"ranks": 1, "fix": {"ranks": 1}, "trials": 2}
    alone = check_study(resolve_spec(flags, read_study_file(STUDIES / "hybrids_mnist.toml")))
    assert alone.spec.ranks == 1


@pytest.mark.slow
@pytest.mark.usefixtures("short_reference_step")
@pytest.mark.parametrize("name", PAPERS)
def test_it_runs_scaled_down(name, tmp_path):
    file = read_study_file(STUDIES / name)
    smaller = {"image_size": 64} if file.get("fix", {}).get("image_size", 0) > 64 else {}
    flags = {
        "study": "small",
        "storage": f"sqlite:///{tmp_path}/small.db",
        "data": str(images(tmp_path, file["dataset"])),
        "executor": "inline",
        "device": "cpu",
        "epochs": 1,
        "trials": 1,
        "repeats": 1,
        "limit_train": classes_of(file["dataset"]),  # one image of each
        "fix": {"primary_capsules": 2, **smaller},  # what takes most of the time
    }
    done = optimize(flags, str(STUDIES / name))
    assert (done.finished, done.failed) == (1, 0)
    with Store.open(flags["storage"], create=False) as store:
        # without what collapsed, which such a training may have done, the front may be empty
        (member,) = trials_of(store, "small").members
    assert set(file["objectives"]) <= set(member.values)
