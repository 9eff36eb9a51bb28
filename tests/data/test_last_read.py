from paretocaps.data.last_read import LAST, forget
from paretocaps.data.tensor_splits import load
from paretocaps.domain.job import DataSpec


def test_images_are_kept_until_they_are_forgotten():
    first = load(DataSpec())
    assert load(DataSpec()) is first
    forget()
    assert not LAST
    assert load(DataSpec()) is not first
