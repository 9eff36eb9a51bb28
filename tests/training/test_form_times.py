import pytest
import torch

from paretocaps.domain.tuning import ConvolutionShape
from paretocaps.models.tuned import Computed
from paretocaps.training import form_times as module
from paretocaps.training.form_times import FormTimes, seconds

SHAPE = ConvolutionShape(3, 9, 9, 4, 3, 3, 1, 1)
FORMS = {"patches": (2.0, 2.0, 2.0), "onednn": (1.0, 5.0, 2.0), "torch": (9.0, 1.0, 1.99)}
"""Seconds of the three products for each image, after a fixed share of one second."""
MANY = 1e9


@pytest.fixture
def computed():
    return Computed(SHAPE, torch.randn(4, 3, 3, 3), rectify=True, image_gradient=True)


@pytest.fixture
def taken(monkeypatch):
    """What was timed: forms, with their numbers of images and dtypes, in seconds that never differ."""
    calls = []

    def known(computed, form, dtype, images):
        calls.append((form, images, dtype))
        factor = 2.0 if dtype == torch.bfloat16 else 1.0
        return tuple(factor * (1.0 + share * images) for share in FORMS[form])

    monkeypatch.setattr(module, "seconds", known)
    monkeypatch.setattr(module, "_forms", lambda *_: list(FORMS))
    return calls


def test_each_product_has_the_form_that_is_fastest_for_all_images(computed, taken):
    found = FormTimes(computed, 128, 4, deadline=MANY * MANY).fastest(torch.float32)
    assert (found.forms.shape, found.forms.each) == (
        SHAPE,
        ("onednn", "torch", "patches"),  # the last not clearly faster
    )
    assert (found.seconds, found.by_default) == (128 * (1.25 + 1.25 + 2.25), 128 * 3 * 2.25)
    assert {images for _, images, _ in taken} == {1, 4}


def test_seconds_for_many_images_are_proportional_but_for_what_is_done_to_filters(computed, taken):
    times = FormTimes(computed, 128, 4, deadline=MANY)
    one, few = (3.0, 1.0, 2.0), (9.0, 4.0, 1.0)
    full, half = torch.float32, torch.bfloat16
    assert times._predicted("patches", full, one, few) == pytest.approx((288.0, 128.0, 32.0))
    transformed = times._predicted("spectral", full, one, few)
    assert transformed == pytest.approx((9.0 + 112 * 0.4, 4.0 + 112 * 0.2, 1.0))
    assert times._predicted("patches", half, one, few) == pytest.approx(
        (9.0 + 112 * 0.4, 4.0 + 112 * 0.2, 1.0)
    )


def test_a_form_that_takes_longer_for_one_image_than_another_for_all_is_not_timed_further(computed, taken):
    FormTimes(computed, 2, 4, deadline=MANY * MANY).fastest(torch.float32)
    assert [(form, images) for form, images, _ in taken] == [
        *[("patches", 1), ("patches", 2), ("onednn", 1), ("onednn", 2)],
        ("torch", 1),
    ]


def test_a_dtype_that_is_much_slower_is_given_up_after_its_first_form(computed, taken):
    times = FormTimes(computed, 16, 4, deadline=MANY * MANY)
    assert times.fastest(torch.float32) is not None
    taken.clear()
    assert times.fastest(torch.bfloat16) is None
    assert {form for form, _, _ in taken} == {"patches"}


def test_after_the_deadline_only_the_first_form_is_timed(computed, taken):
    found = FormTimes(computed, 16, 4, deadline=0.0).fastest(torch.float32)
    assert found.forms.each == ("patches", "patches", "patches")


@pytest.mark.parametrize(("share", "timed"), [(0.001, False), (0.1, True)])
def test_dfts_are_timed_after_the_deadline_where_products_are_long(
    computed, taken, monkeypatch, share, timed
):
    monkeypatch.setitem(FORMS, "patches", (share, 0.0, 0.0))
    monkeypatch.setitem(FORMS, "spectral", (0.0, 0.0, 0.0))
    monkeypatch.setattr(module, "_SAVES", 100.0)
    FormTimes(computed, 128, 4, deadline=0.0).fastest(torch.float32)
    assert ({form for form, _, _ in taken} == {"patches", "spectral"}) == timed


@pytest.mark.parametrize("form", ["patches", "torch", "spectral"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_products_that_are_needed_are_timed_and_no_others(form, dtype, computed):
    weight = computed.weight
    outputs, image, filters = seconds(computed, form, dtype, 2)
    assert (outputs > 0, image > 0, filters > 0) == (True, True, False)  # frozen filters
    trained = computed._replace(weight=weight.requires_grad_(), image_gradient=False)
    outputs, image, filters = seconds(trained, form, dtype, 2)
    assert (outputs > 0, image > 0, filters > 0) == (True, False, True)
    assert weight.grad is None


def test_dfts_are_timed_where_they_need_fewer_multiplications_in_float32():
    large = ConvolutionShape(64, 20, 20, 64, 9, 9, 2, 2)
    assert module._forms(large, torch.float32, 128)[:2] == ["patches", "spectral"]
    assert "spectral" not in module._forms(large, torch.float32, 1)
    assert "spectral" not in module._forms(large, torch.bfloat16, 128)
    assert "spectral" not in module._forms(SHAPE, torch.float32, 128)
