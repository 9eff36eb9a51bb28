import re
import sys
import tomllib
from pathlib import Path

import pytest

from paretocaps import optimize
from paretocaps.data.catalog import DATASETS
from paretocaps.data.sources import hub
from paretocaps.data.sources.folder import read_folder
from paretocaps.errors import UsageError
from paretocaps.exporting.package import check_target
from paretocaps.exporting.session import open_graph
from paretocaps.extras import require
from paretocaps.models.hub_weights import hub_weights

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
FOR_USERS = {name for name in EXTRAS if not name.startswith("dev")}


def test_what_is_installed_is_not_complained_of():
    require("onnx", "nobody", "numpy", "pydantic")


def test_what_is_missing_is_named_with_its_extra_and_the_other_way(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UsageError) as refused:
        require("onnx", "a graph", "numpy", "onnx", instead="draw it")
    assert str(refused.value) == (
        "a graph needs onnx, which is not installed: pip install 'paretocaps[onnx]', or draw it"
    )


def tables(folder: Path) -> None:
    (folder / "train.parquet").touch()
    read_folder(str(folder))


USES = {
    ("hub", "datasets"): lambda folder: hub.read(DATASETS.get("mnist")),
    ("hub", "huggingface_hub"): lambda folder: hub_weights("timm/resnet50.a1_in1k"),
    ("hub", "pyarrow"): tables,
    ("onnx", "onnxscript"): lambda folder: check_target(folder / "new", onnx=True, force=False),
    ("onnx", "onnxruntime"): lambda folder: open_graph(folder / "network.onnx"),
}


@pytest.mark.parametrize(("extra", "library"), list(USES))
def test_every_use_of_an_extra_says_which_one_is_missing(extra, library, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UsageError, match=rf"needs {library}, .*: pip install 'paretocaps\[{extra}\]'"):
        USES[extra, library](tmp_path)
    assert any(line.startswith(library.replace("_", "-")) for line in EXTRAS[extra])


def test_images_in_memory_need_the_extra_of_parquet(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"data in memory, .* needs pyarrow, .* 'paretocaps\[hub\]'"):
        optimize(study="own", data=([[[0]]], [0]))


def test_all_is_every_extra_of_users():
    (everything,) = EXTRAS["all"]
    members = set(everything.removeprefix("paretocaps[").removesuffix("]").split(","))
    assert members == FOR_USERS - {"all", "docs", "ray-jobs", "tensorboard", "wandb", "mlflow"}


def test_the_guide_lists_every_extra():
    (rows,) = re.findall(
        r"^\| extra .*\n((?:\|.*\n)+)", (ROOT / "docs" / "guide.md").read_text(), re.MULTILINE
    )
    assert set(re.findall(r"`([\w-]+)`", rows)) >= FOR_USERS
