from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image

from paretocaps.data.last_read import forget
from paretocaps.domain.choices import Choices
from paretocaps.domain.job import DataSpec
from paretocaps.errors import DataError, UsageError
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.service import EvaluateOptions, evaluate
from paretocaps.service.evaluated_images import data_of
from paretocaps.service.subjects import Subject
from paretocaps.training.weights import save_weights

DIGITS = EvaluateOptions(dataset="digits", robust=False, pictures=False, device="cpu")


def test_images_that_this_machine_has_elsewhere_are_to_be_named():
    subject = Mock(data=DataSpec(name=None, path="/nowhere/images"))
    subject.name = "s, trial 0, seed 0"
    with pytest.raises(DataError, match="s, trial 0, seed 0 was trained on are not in .* --data PATH"):
        data_of(EvaluateOptions(), [subject])


def test_a_limit_keeps_every_class(weights):
    found = evaluate([weights(0)], options=EvaluateOptions("digits", limit=50, robust=False, pictures=False))
    assert [row["support"] for row in found.rows()] == [5] * 10


def test_a_folder_of_other_sizes_is_judged_in_the_size_that_the_network_takes(weights, tmp_path):
    random = np.random.default_rng(0)
    for name in map(str, range(10)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(8):
            pixels = random.integers(0, 256, (9 + number % 3, 14, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    options = EvaluateOptions(data=str(tmp_path / "photos"), robust=False, pictures=False, device="cpu")
    network = weights(0, side=12)
    assert evaluate([network], None, options).as_dict()["images"] == 13
    (tmp_path / "photos" / "0" / "broken.png").write_bytes(b"no image")
    forget()
    with pytest.raises(DataError, match="--corrupt skip"):
        evaluate([network], None, options)
    skipping = replace(options, corrupt="skip")
    assert evaluate([network], None, skipping).as_dict()["images"] == 13


def test_deep_grays_are_evaluated_in_the_range_of_the_training(tmp_path):
    for name in ("ant", "bee"):
        for number in range(8):
            file = tmp_path / "data" / name / f"{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((8, 8), 100 * number, np.uint16)).save(file)
    paths = []
    for number, levels in enumerate([(0.0, 700.0), (0.0, 7000.0), None]):
        made = architecture(Choices(primary_capsules=4), 8, 8, 1, 2, levels)
        paths.append(str(tmp_path / f"{number}.pt"))
        save_weights(Path(paths[-1]), build_network(made, 0))
    options = replace(DIGITS, dataset=None, data=str(tmp_path / "data"))
    scores = [evaluate([path], options=options).as_dict()["ece"] for path in paths[:2]]
    assert scores[0] != scores[1]  # the images were ten times as bright to the first network
    with pytest.raises(UsageError, match=r"different ranges \(0 to 700 and 0 to 7000\): evaluate each"):
        evaluate(paths[:2], options=options)
    with pytest.raises(UsageError, match=r"2\.pt was trained on images of 8 bits.* have more: convert them"):
        evaluate(paths[2:], options=options)


def test_validation_images_are_those_of_the_training_where_the_networks_agree():
    def subject(name, **limits):
        return Subject(name, Mock(architecture=Mock(levels=None)), DataSpec(limit_train=300, **limits))

    limited, same = (subject(name, limit_validation=20) for name in "ab")
    for part, subjects, kept in (
        ("validation", [limited, same], 20),
        ("validation", [limited, subject("c")], None),
        ("test", [limited], None),
    ):
        assert data_of(EvaluateOptions(part=part), subjects).limit_validation == kept


def test_a_network_of_pairs_is_judged_on_pairs_of_the_images_that_are_named(tmp_path):
    choices = Choices(primary_capsules=4)
    paired = build_network(architecture(choices, 16, 16, 1, 45, pairs=True), seed=0)
    save_weights(tmp_path / "paired.pt", paired)
    found = evaluate([tmp_path / "paired.pt"], options=DIGITS)
    assert [row["name"] for row in found.rows()][:2] == ["0+1", "0+2"]
    assert sum(row["support"] for row in found.rows()) == 359
    folder = tmp_path / "photos"
    for name in "abc":
        (folder / name).mkdir(parents=True)
        for number in range(8):
            Image.fromarray(np.full((20, 12), 10 * number, np.uint8)).save(folder / name / f"{number}.png")
    with pytest.raises(UsageError, match=r"takes images of .* but those of .*photos"):
        evaluate([tmp_path / "paired.pt"], options=replace(DIGITS, dataset=None, data=str(folder)))


def test_a_set_known_by_name_is_read_as_its_training_read_it():
    network = build_network(architecture(Choices(primary_capsules=4), 8, 8, 3, 10), 0)
    trained = DataSpec(name="digits", channels=3, transpose=True)
    for data, expected in ((trained, trained), (None, DataSpec(name="digits", channels=3))):
        assert data_of(DIGITS, [Subject("a", network, data)]) == expected
