import pytest
from pydantic import ValidationError

from paretocaps.domain.job import DataSpec
from paretocaps.domain.layout import Layout, Parts


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_parts_are_read_from_text_and_tables(name: str) -> None:
    parts = Parts(train="a/b", test="c", validation="d")
    assert Parts.model_validate(f"train=a/b, test=c,{name}=d") == parts
    assert Parts.model_validate({"train": "a/b", "test": "c", name: "d"}) == parts
    assert Parts.model_validate(parts.model_dump()) == parts
    assert str(parts) == "train=a/b,test=c,validation=d"
    assert str(Parts(train="a")) == "train=a"


@pytest.mark.parametrize("text", ["", "a", "train", "train=", "test=b", "train=a,train=b", "train=a,dev=b"])
def test_other_texts_are_refused_with_the_right_form(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Parts.model_validate(text)
    assert f"parts={text!r} is not understood: write train=A, and test=B" in str(caught.value)


@pytest.mark.parametrize("text", ["train=/a", "train=a,test=../b"])
def test_parts_are_in_the_data_folder(text: str) -> None:
    with pytest.raises(ValidationError, match="is not in the data folder: name it relative to it"):
        Parts.model_validate(text)


def test_each_part_has_images_of_its_own() -> None:
    with pytest.raises(ValidationError, match="parts: 'a' is named twice: give each part images of its own"):
        Parts.model_validate("train=a,test=./a/")


def test_settings_that_contradict_each_other_or_describe_no_folder() -> None:
    parts = Parts(train="a")
    Layout(parts=parts).check(of_folder=True)
    Layout(classes_are_folders=True).check(of_folder=True)
    Layout(transpose=True).check(of_folder=False)
    with pytest.raises(ValueError, match="parts='train=a' and classes_are_folders=true contradict"):
        Layout(parts=parts, classes_are_folders=True).check(of_folder=True)
    with pytest.raises(ValueError, match="parts='train=a' describes a folder of images: give data=PATH too"):
        Layout(parts=parts).check(of_folder=False)
    with pytest.raises(ValueError, match="classes_are_folders=true describes a folder"):
        Layout(classes_are_folders=True).check(of_folder=False)


def test_images_are_described_with_their_layout() -> None:
    spec = DataSpec.model_validate({"name": None, "path": "/a", "parts": "train=b", "transpose": True})
    assert spec.layout == Layout(parts=Parts(train="b"), transpose=True)
    assert DataSpec.model_validate_json(spec.model_dump_json()) == spec
    assert hash(spec) == hash(spec.model_copy())
