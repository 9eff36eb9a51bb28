import subprocess
import sys

import numpy as np
import pytest

from paretocaps.data.raw_splits import read_splits
from paretocaps.domain.job import DataSpec
from paretocaps.errors import UsageError


def test_digits_are_split_once_and_for_all():
    first, again = read_splits(DataSpec()), read_splits(DataSpec())
    assert (len(first.train), len(first.validation), len(first.test)) == (1294, 144, 359)
    assert first.classes == 10
    assert np.array_equal(first.validation.images, again.validation.images)


def test_the_limit_leaves_validation_and_test_as_they_are():
    whole, limited = read_splits(DataSpec()), read_splits(DataSpec(limit_train=100))
    assert len(limited.train) == 100
    assert np.array_equal(whole.validation.labels, limited.validation.labels)
    assert np.array_equal(whole.test.images, limited.test.images)


def test_more_than_there_is_names_both_numbers():
    with pytest.raises(UsageError, match="limit_train=1295 is more than the 1294 training images"):
        read_splits(DataSpec(limit_train=1295))


def test_reading_needs_no_torch():
    code = "import sys; from paretocaps.data.raw_splits import read_splits; print('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
