import pytest

from paretocaps.domain.tuning import (
    ConvolutionShape,
    ConvolutionTuning,
    Tuning,
    fixed_tunings,
    parse_tunings,
    read_tunings,
    tuning_key,
    tunings_json,
)
from paretocaps.errors import UsageError

PRIMARY = ConvolutionShape(256, 20, 20, 256, 9, 9, 2, 2)
SPECTRAL = ConvolutionTuning(
    shape=PRIMARY, outputs="spectral", image_gradient="spectral", filter_gradient="spectral"
)


def test_without_a_measurement_products_are_torchs_in_float32_and_convolutions_are_the_devices_own():
    assert str(Tuning()) == "products: torch; convolution: default; fp32"
    assert Tuning().forms(PRIMARY) is None


def test_a_convolution_has_the_forms_of_its_shape():
    tuning = Tuning(convolutions=(SPECTRAL,))
    assert tuning.forms(PRIMARY).outputs == "spectral"
    assert tuning.forms(PRIMARY._replace(down=1)) is None


def test_a_tuning_is_told_in_one_line():
    mixed = ConvolutionTuning(shape=PRIMARY._replace(channels=1), image_gradient="torch")
    tuning = Tuning(precision="bf16", products="onednn", convolutions=(mixed, SPECTRAL), threads=1)
    assert str(tuning) == "products: onednn; convolution: patches/torch/patches, spectral; bf16; 1 thread"
    assert str(Tuning(precision="bf16", compiled=True)).endswith("convolution: default; bf16; compiled")
    assert str(Tuning(recorded=True, threads=1)).endswith("convolution: default; fp32; recorded; 1 thread")
    assert str(PRIMARY) == "256x20x20 to 256 by 9x9/2x2"


def test_a_key_differs_where_the_network_the_images_or_the_precision_do():
    key = tuning_key("capsnet 28x28x1", "all of it", 128, "auto")
    assert key.startswith("capsnet 28x28x1 ")
    assert key.endswith(", 128 images, auto")
    others = [("capsnet 28x28x1", "else", 128, "auto"), ("capsnet 28x28x1", "all of it", 1, "auto")]
    assert key not in {tuning_key(*other) for other in others}


def test_tunings_are_read_as_they_were_written(tmp_path):
    tunings = {"some": Tuning(convolutions=(SPECTRAL,)), "other": Tuning(precision="bf16")}
    assert parse_tunings(tunings_json(tunings)) == tunings
    (tmp_path / "tunings.json").write_text(tunings_json(tunings))
    assert read_tunings(tmp_path / "tunings.json") == tunings


@pytest.mark.parametrize(
    ("text", "fault"), [("{", "JSON"), ('{"some": {"products": "mkl"}}', "some.products"), (None, "No such")]
)
def test_a_file_that_has_no_tunings_is_named(text, fault, tmp_path):
    path = tmp_path / "tunings.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError, match=rf"tunings\.json.*{fault}"):
        read_tunings(path)


def test_the_user_may_fix_tunings_or_none(tmp_path):
    (tmp_path / "b d.json").write_text(tunings_json({"some": Tuning(threads=1)}))
    assert fixed_tunings({}) is fixed_tunings({"PARETOCAPS_TUNE": ""}) is None
    assert fixed_tunings({"PARETOCAPS_TUNE": "off"}) == {}
    assert fixed_tunings({"PARETOCAPS_TUNE": str(tmp_path / "b d.json")}) == {"some": Tuning(threads=1)}
