import threading

import pytest
import torch

from paretocaps.domain.tuning import DEFAULT, Tuning
from paretocaps.models.tuned import tuning_in_force, using


def test_a_tuning_is_in_force_inside_its_context_and_in_its_thread_only():
    seen = []
    with using(Tuning(products="onednn")):
        with using(Tuning(precision="bf16")):
            assert tuning_in_force() == Tuning(precision="bf16")
        assert tuning_in_force() == Tuning(products="onednn")
        thread = threading.Thread(target=lambda: seen.append(tuning_in_force()))
        thread.start()
        thread.join()
    assert [*seen, tuning_in_force()] == [DEFAULT, DEFAULT]


def test_its_threads_compute_until_it_ends():
    before, seen = torch.get_num_threads(), []

    def fail():
        with using(Tuning(threads=before + 1)):
            seen.append(torch.get_num_threads())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [*seen, torch.get_num_threads()] == [before + 1, before]
