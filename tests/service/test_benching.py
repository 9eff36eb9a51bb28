import pytest

from paretocaps import service
from paretocaps.errors import UsageError

QUICK = {"image": "8x8x1", "settings": ["primary_capsules=2"], "batches": [2], "steps": 1}


def test_rows_have_the_shape_of_the_json():
    (row,) = service.bench(**QUICK, against="textbook")
    assert {
        "batch",
        "precision",
        "device",
        "step_s",
        "images_s",
        "flops_share",
        "peak_bytes",
        "ratio",
    } <= set(row)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"against": "textbok"}, "unknown yardstick 'textbok': did you mean 'textbook'?"),
        ({"batches": [0]}, "batch=0 is not allowed"),
        ({"steps": 0}, "steps=0 is not allowed"),
        ({"precisions": ["fp8"]}, "precision='fp8' is not allowed"),
        ({"device": "cuda:99"}, "device 'cuda:99' does not exist here"),
        ({"device": "gpu"}, "gpu"),
        ({"image": "x"}, "image='x' is not understood"),
    ],
)
def test_what_cannot_be_timed(options, message):
    with pytest.raises(UsageError) as caught:
        service.bench(**{**QUICK, **options})
    assert message in str(caught.value)
