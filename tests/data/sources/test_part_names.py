import pytest

from paretocaps.data.sources.part_names import part_name


@pytest.mark.parametrize(
    ("names", "role"),
    [
        (
            "train TRAIN Training train_set trainset TrainData train-images Training_Set train2017 trn",
            "train",
        ),
        ("test Testing TESTS testset test_images TestSet tst test1", "test"),
        ("val valid Validation eval evals evaluation val_set dev ValImages", "validation"),
        ("pred predictions", "prediction"),
    ],
)
def test_names_of_parts(names: str, role: str) -> None:
    assert [part_name(name) for name in names.split()] == [(role, "")] * len(names.split())


def test_what_else_is_in_a_name_is_kept() -> None:
    assert part_name("seg_train") == ("train", "seg")
    assert part_name("asl_alphabet_test") == ("test", "asl alphabet")
    assert part_name("bullet_train") == ("train", "bullet")


@pytest.mark.parametrize(
    "name", ["trainer", "contest", "cat", "images", "data", "7", "medieval", "invalid", ""]
)
def test_names_of_no_part(name: str) -> None:
    assert part_name(name) is None
