"""Every registered executor keeps the contract; registering one is testing it."""

import pytest

from paretocaps.execution.executor import EXECUTORS
from paretocaps.testing.executor import ExecutorContract


@pytest.mark.slow
class TestExecutors(ExecutorContract):
    @pytest.fixture(params=[name for name in EXECUTORS if name != "ray"])
    def name(self, request):
        return request.param


class TestRay(ExecutorContract):
    executor_name = "ray"

    @pytest.fixture(autouse=True)
    def _cluster(self, ray_cluster, probe):
        """The cluster is there, and its workers find the trainers of the suite."""
