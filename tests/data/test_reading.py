import json
from dataclasses import replace

from paretocaps.data.raw_splits import read_splits
from paretocaps.data.reading import differences, reading
from paretocaps.domain.job import DataSpec


def test_the_same_files_are_read_alike() -> None:
    one, two = (reading(read_splits(DataSpec())) for _ in range(2))
    assert json.loads(json.dumps(one)) == two
    assert differences(one, two) == []


def test_what_is_read_otherwise_is_named() -> None:
    splits = read_splits(DataSpec())
    then = reading(splits)
    fewer = reading(read_splits(DataSpec(limit_train=100)))
    assert [text.split("=")[0] for text in differences(then, fewer)] == ["train_images", "train_labels"]
    other = {"levels": (0.0, 4095.0), "class_names": (*"abcdefghij",)}
    assert differences(then, reading(replace(splits, **other))) == [
        "classes=0,1,2,3,4,5,6,7,8,9 (now a,b,c,d,e,f,g,h,i,j)",
        "levels=None (now 0.0,4095.0)",
    ]


def test_a_value_that_only_one_version_tells_is_ignored() -> None:
    assert differences({"old": 1, "shape": [1, 2]}, {"new": 2, "shape": [1, 2]}) == []


def test_pairs_are_another_reading_of_the_same_files() -> None:
    single, pairs = (reading(read_splits(DataSpec(pairs=two))) for two in (False, True))
    assert "pairs" not in single  # as older versions have it
    assert pairs["pairs"] is True
    assert "classes" in [text.split("=")[0] for text in differences(single, pairs)]
