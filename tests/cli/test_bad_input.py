"""What cannot be is said in one line with the remedy, exits 2, and leaves nothing behind."""

import gzip
import shutil
import sqlite3
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paretocaps.cli.app import app
from paretocaps.domain.trainer import TRAINERS
from paretocaps.testing.probe import PROBE


def idx(path: Path, array: np.ndarray) -> bytes:
    content = (
        struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()
    )
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    return content


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small, sound IDX folder."""
    data = tmp_path / "data"
    data.mkdir()
    generator = np.random.default_rng(0)
    for name, count in (("train", 60), ("t10k", 20)):
        idx(data / f"{name}-images-idx3-ubyte", generator.integers(0, 256, (count, 8, 8)))
        idx(data / f"{name}-labels-idx1-ubyte", np.arange(count) % 5)
    return data


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys):
    """Run the command line in an empty folder; return its one line of error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    def run(*arguments, code=2):
        before = {path for path in tmp_path.rglob("*") if path.is_file()}
        with pytest.raises(SystemExit) as end:
            app.main([str(argument) for argument in arguments], prog_name="paretocaps")
        out, err = capsys.readouterr()
        assert end.value.code == code, err
        assert out == ""
        assert err.startswith("error: ")
        assert err.count("\n") == 1
        if code == 2:
            assert {path for path in tmp_path.rglob("*") if path.is_file()} == before
        return err

    return run


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--objectives", "acc,tme"], "unknown objective 'tme': did you mean 'time'?"),
        (["--objectives", "acc"], "at least two, e.g. acc,time,params"),
        (["--objectives", "acc,acc"], "one is named twice"),
        (["--sampler", "tpee"], "unknown sampler 'tpee': did you mean 'tpe'?"),
        (["--dataset", "mnits"], "unknown data set 'mnits': did you mean 'mnist'?"),
        (["--dataset", "mnist"], "data set 'mnist' is not cached"),
        (["--trainer", "capsnt"], "unknown trainer 'capsnt': did you mean 'capsnet'?"),
        (["--executor", "inlin"], "unknown executor 'inlin': did you mean 'inline'?"),
        (["--design", "wabb"], "unknown design 'wabb': did you mean 'wab'?"),
        (["--trials", "0"], "trials=0 is not allowed: it should be greater than or equal to 1"),
        (["--trials", "-2"], "trials=-2 is not allowed"),
        (["--epochs", "0"], "epochs=0 is not allowed"),
        (["--repeats", "0"], "repeats=0 is not allowed"),
        (["--more", "0"], "more=0 is not allowed"),
        (["--more", "2", "--trials", "3"], "trials=3 and more=2: give one of them"),
        (["--fix", "lr_polcy=fixed"], "unknown choice 'lr_polcy': did you mean 'lr_policy'?"),
        (["--fix", "lr_policy=linear"], "choice lr_policy='linear' is not allowed: it should be 'fixed'"),
        (["--fix", "lr_policy"], "write NAME=VALUE"),
        (["--fix", "pruning_ratio=0.99"], "choice pruning_ratio='0.99' is not allowed"),
        (["--require", "acc=1"], "write it like acc>=0.9"),
        (["--limit-train", "99999"], "limit_train=99999 is more than the"),
        (["--device", "gpu"], "device='gpu' is not understood: write auto, cpu, cuda"),
        (["--study", "a/b"], "study='a/b' is not a name"),
        (["--storage", "studies/"], "is a folder: name a file in it, studies/paretocaps.db"),
        (["--storage", "x.db?timeout=1"], "a path has no settings after '?'"),
        (["--storage", "sqlite:///x.db?foo=1"], "unknown setting 'foo' after '?' (known: "),
        (["--storage", "sqlite:///a?x/q.db"], "unknown setting 'x/q.db' after '?'"),
        (["--storage", "s3://bucket/x.db"], "unknown kind 's3'"),
        (["--storage", "mysql://x/y"], "unknown kind 'mysql'"),
        (["--data", "nowhere"], "does not exist: name a folder"),
        (["--corrupt", "ignore"], "corrupt='ignore' is not allowed: it should be 'refuse' or 'skip'"),
        (["--channels", "2"], "channels=2 is not allowed: it should be 1 or 3"),
        (["--data", "x", "--dataset", "digits"], "give one of them"),
        (["--spec", "none.toml"], "study file 'none.toml' cannot be read"),
    ],
)
def test_options_that_cannot_be(refused, arguments, message):
    assert message in refused("optimize", *arguments)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trails = 3", "unknown option 'trails': did you mean 'trials'?"),
        ("trials = 0", "trials=0 is not allowed"),
        ("trials = ", "is not valid TOML"),
        ('objectives = ["acc", "tme"]', "unknown objective 'tme'"),
        ('[fix]\nlr_polcy = "fixed"', "unknown choice 'lr_polcy'"),
        ('[space]\ndecodr = ["full"]', "unknown choice 'decodr': did you mean 'decoder'?"),
        ('[space]\ndecoder = ["half"]', "choice decoder='half' is not allowed"),
        ("[space]\nlr_max = { low = 1.0, high = 0.1 }", "space.lr_max is an empty range"),
        ("[space]\nbatch_size = { low = 8.0, high = 64.0 }", "it should be a whole number"),
        (
            "[space]\nlr_max = { low = 1e-4, high = 1e-3, when = { decoder = { above = 1 } } }",
            "decoder is text",
        ),
        (
            '[space]\ncycle = { values = ["epoch"], when = { lr_policy = "warm_restart" } }',
            "lr_policy='warm_restart'",
        ),
        ('[space]\ncycle = { values = ["epoch"], when = "lr_policy" }', "is not a table"),
        (
            '[fix]\nlr_max = 5e-5\nlr_min = 1e-4\nlr_policy = "one_cycle"',
            "lr_min=0.0001 is above lr_max=5e-05",
        ),
        ("[space]\nlr_max = { lo = 1.0 }", "unknown key 'lo': did you mean 'low'?"),
    ],
)
def test_study_files_that_cannot_be(refused, tmp_path, text, message):
    (tmp_path / "s.toml").write_text(text + "\n")
    assert message in refused("optimize", "--spec", "s.toml")


def truncate(data):
    path = data / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-100])


def corrupt_gzip(data):
    path = data / "train-images-idx3-ubyte"
    packed = bytearray(gzip.compress(path.read_bytes()))
    packed[len(packed) // 2] ^= 255
    path.with_suffix(".gz").write_bytes(bytes(packed))
    path.unlink()


def foreign(data):
    (data / "train-images-idx3-ubyte").write_bytes(b"not an IDX file at all")


def label_out_of_range(data):
    idx(data / "t10k-labels-idx1-ubyte", np.full(20, 9))


def label_missing(data):
    idx(data / "train-labels-idx1-ubyte", np.where(np.arange(60) % 5 == 3, 7, np.arange(60) % 5))


def counts_differ(data):
    idx(data / "train-labels-idx1-ubyte", np.arange(59) % 5)


def too_small(data):
    idx(data / "train-images-idx3-ubyte", np.zeros((60, 7, 7)))
    idx(data / "t10k-images-idx3-ubyte", np.zeros((20, 7, 7)))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (truncate, "train-images-idx3-ubyte"),
        (corrupt_gzip, "train-images-idx3-ubyte"),
        (foreign, "train-images-idx3-ubyte"),
        (label_out_of_range, "label"),
        (label_missing, "label"),
        (counts_differ, "60"),
        (too_small, "8"),
    ],
)
def test_local_data_that_cannot_be_trained_on(refused, folder, spoil, message):
    spoil(folder)
    assert message in refused("optimize", "--data", folder)


def png(path: Path, seed: int = 0, shape: tuple[int, ...] = (32, 32, 3)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)).save(path)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two small, sound class folders."""
    for name in ("cat", "dog"):
        for number in range(4):
            png(tmp_path / "pictures" / name / f"{number}.png", seed=number)
    return tmp_path / "pictures"


def empty(pictures):
    shutil.rmtree(pictures)
    pictures.mkdir()


def one_class(pictures):
    shutil.rmtree(pictures / "dog")


def class_without_images(pictures):
    (pictures / "emu").mkdir()


def mixed(pictures):
    png(pictures / "cat" / "9.png", shape=(32, 32))


def no_image(pictures):
    (pictures / "cat" / "2.png").write_text("hello")


def truncated_jpeg(pictures):
    whole = pictures / "whole"
    Image.open(pictures / "cat" / "2.png").save(whole, "JPEG")
    (pictures / "cat" / "2.jpg").write_bytes(whole.read_bytes()[:-300])


def broken_link(pictures):
    (pictures / "cat" / "2.jpg").symlink_to(pictures / "gone.jpg")


def a_file(pictures):
    shutil.rmtree(pictures)
    pictures.write_text("hello")


def loose_images(pictures):
    png(pictures / "loose" / "a.png")
    for name in ("cat", "dog"):
        shutil.rmtree(pictures / name)
    (pictures / "loose" / "a.png").rename(pictures / "a.png")
    (pictures / "loose").rmdir()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (empty, "holds no images that can be read: name a folder with a sub-folder of images for each class"),
        (one_class, "holds one class only ('cat'): give each class a sub-folder of its own, two or more"),
        (class_without_images, "emu' holds no images (.jpg, "),
        (mixed, "cat/9.png is gray but "),
        (
            no_image,
            "cat/2.png is corrupt (not a JPEG, PNG, BMP, WebP, GIF, TIFF, PPM, PGM or JPEG 2000"
            " image): replace it, or leave",
        ),
        (truncated_jpeg, "cat/2.jpg is corrupt (image file is truncated"),
        (broken_link, "cat/2.jpg is corrupt (No such file or directory): replace it"),
        (a_file, "is a file, not a folder: name a folder with"),
        (loose_images, "holds images but no class folders: put the images of each class into a sub-folder"),
    ],
)
def test_class_folders_that_cannot_be_trained_on(refused, pictures, spoil, message):
    spoil(pictures)
    assert message in refused("optimize", "--data", pictures)


def test_databases_that_cannot_be(refused, tmp_path):
    (tmp_path / "folder").mkdir()
    assert "is a folder: name a file in it" in refused("optimize", "--storage", "sqlite:///folder")
    (tmp_path / "text.db").write_text("hello")
    assert "is not an SQLite database" in refused("optimize", "--storage", "sqlite:///text.db")
    assert (tmp_path / "text.db").read_text() == "hello"
    with sqlite3.connect(tmp_path / "foreign.db") as connection:
        connection.execute("create table theirs (x)")
    connection.close()
    refused("optimize", "--storage", "sqlite:///foreign.db", "--objectives", "acc,tme")
    with sqlite3.connect(tmp_path / "foreign.db") as connection:
        assert connection.execute("select name from sqlite_master").fetchall() == [("theirs",)]
    connection.close()
    assert "there is no file" in refused("front", "demo")
    assert "there is no file" in refused("report", "demo", "--storage", "sqlite:///other.db")


@pytest.mark.slow
def test_a_study_reopened_as_another(refused, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(TRAINERS, "_entries", {**TRAINERS._entries, "probe": PROBE})
    options = "--trainer probe --objectives acc,time --executor inline --trials 1 --epochs 1 --no-designs"
    with pytest.raises(SystemExit) as end:
        app.main(["optimize", "--study", "s", *options.split()], prog_name="paretocaps")
    assert end.value.code == 0
    capsys.readouterr()
    line = refused("optimize", "--study", "s", "--objectives", "acc,params")
    assert "was created with objectives=acc,time (now acc,params)" in line
    (tmp_path / "s.toml").write_text('study = "s"\n[space]\nfailure = ["", "late"]\n')
    assert "was created with space." in refused("optimize", "--spec", "s.toml")
    assert "no study 't'" in refused("front", "t")


@pytest.mark.parametrize(
    "command",
    [
        ["plan", "--output"],
        ["lr-range", "--output"],
        ["evaluate", "x", "--output"],
        ["bench", "--output"],
    ],
)
@pytest.mark.parametrize("place", [".", "/", ""])
def test_an_output_that_is_a_folder_is_refused_before_anything_is_done(refused, command, place):
    assert f"{command[-1].strip('-')}={place!r} is not a file name: give one, such as" in refused(
        *command, place
    )


@pytest.mark.parametrize("command", [["plan", "--output"], ["bench", "-o"]])
def test_an_output_below_a_file_is_refused(refused, tmp_path, command):
    (tmp_path / "file").write_text("")
    assert "output='file/x' cannot be written: File exists: name another file" in refused(*command, "file/x")
