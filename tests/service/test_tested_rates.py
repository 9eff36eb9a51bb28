import json
import subprocess
from contextlib import contextmanager

import pytest

from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import StudyMismatchError, UsageError
from paretocaps.execution.devices import devices
from paretocaps.service.tested_rates import with_tested_rates


@pytest.fixture
def tests(monkeypatch):
    """Answer range tests; the list has the commands, and `suggested` what the next one answers."""

    class Tests(list):
        answer = subprocess.CompletedProcess((), 0, json.dumps({"lr_max": 1e-3}), "")

        def run(self, command, **_):
            self.append(command)
            return self.answer

    found = Tests()
    monkeypatch.setattr("paretocaps.service.tested_rates.subprocess.run", found.run)
    return found


def test_the_range_lies_around_what_the_test_suggests(tests):
    notices = []
    spec = with_tested_rates(StudySpec(lr_range=True, fix={"weight_sharing": True}), None, notices.append)
    assert spec.space["lr_max"] == {"low": 3.3e-4, "high": 1e-2, "log": True}
    assert "lr_floor" in spec.space
    assert notices[-1] == "lr_max is searched from 0.00033 to 0.01"
    (command,) = tests
    device = devices("auto")[0]
    assert command[-6:] == ["--device", device, "--seed", "0", "--set", "weight_sharing=true"]


def test_no_rate_is_above_what_is_allowed_and_a_prior_stays_where_it_lies_in_the_range(tests):
    tests.answer.stdout = json.dumps({"lr_max": 0.06})
    entry = {"low": 1e-4, "high": 1e-1, "log": True, "prior": 0.05}
    spec = with_tested_rates(StudySpec(lr_range=True, space={"lr_max": entry}), None, print)
    assert spec.space == {"lr_max": {"low": 0.02, "high": 0.1, "log": True, "prior": 0.05}}
    spec = with_tested_rates(StudySpec(lr_range=True, space={"lr_max": entry | {"prior": 1e-3}}), None, print)
    assert spec.space == {"lr_max": {"low": 0.02, "high": 0.1, "log": True}}


def test_a_stored_study_keeps_its_range(tests):
    kept = {"low": 1e-3, "high": 5e-3, "log": True}
    spec = with_tested_rates(StudySpec(lr_range=True), {"lr_range": True, "space": {"lr_max": kept}}, print)
    assert (spec.space["lr_max"], tests) == (kept, [])
    with pytest.raises(
        StudyMismatchError, match="study 'default' was begun with a range of lr_max, and keeps it"
    ):
        with_tested_rates(StudySpec(lr_range=True), {"lr_range": False, "space": {"lr_max": kept}}, print)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"trainer": "probe"}, "trainer 'probe' has no range test"),
        ({"space": "papers"}, "does not search lr_max"),
        ({"fix": {"lr_max": 1e-3}}, "lr_max=0.001 is fixed: leave one of them out"),
    ],
)
def test_where_no_rate_is_searched_none_is_tested(tests, options, message):
    with pytest.raises(UsageError, match=message):
        with_tested_rates(StudySpec(lr_range=True, **options), None, print)
    assert tests == []


def test_a_test_that_fails_says_why(tests):
    tests.answer = subprocess.CompletedProcess((), 2, "", "a remark\nerror: no such device\n")
    with pytest.raises(UsageError, match="the range test failed: no such device"):
        with_tested_rates(StudySpec(lr_range=True), None, print)
    tests.answer = subprocess.CompletedProcess((), 0, json.dumps({"lr_max": None}), "")
    with pytest.raises(UsageError, match="the loss never fell"):
        with_tested_rates(StudySpec(lr_range=True), None, print)


def test_the_device_is_held_while_rates_are_tested(tests, monkeypatch):
    held = []

    @contextmanager
    def leased(spec, device, *_):
        held.append((device, len(tests)))
        yield
        held.append((device, len(tests)))

    monkeypatch.setattr("paretocaps.service.tested_rates.device_leased", leased)
    with_tested_rates(StudySpec(lr_range=True, device="cpu"), None, print)
    assert held == [("cpu", 0), ("cpu", 1)]
