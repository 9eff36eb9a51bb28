import pytest

from paretocaps.execution.thread_waiting import SPIN_COUNT, wait_briefly


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"GOMP_SPINCOUNT": SPIN_COUNT}),
        ({"GOMP_SPINCOUNT": "7"}, {"GOMP_SPINCOUNT": "7"}),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, {"OMP_WAIT_POLICY": "ACTIVE"}),
    ],
)
def test_threads_spin_briefly_unless_the_user_said_otherwise(
    before: dict[str, str], after: dict[str, str]
) -> None:
    wait_briefly(before)
    assert before == after
