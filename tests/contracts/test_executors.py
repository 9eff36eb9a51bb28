"""Every registered executor keeps the contract; registering one is testing it."""

import pytest

from paretocaps.execution.executor import EXECUTORS
from paretocaps.testing.executor import ExecutorContract


@pytest.mark.slow
class TestExecutors(ExecutorContract):
    @pytest.fixture(params=list(EXECUTORS))
    def name(self, request):
        return request.param
