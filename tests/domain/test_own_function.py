import math
import random
from pathlib import Path

import pytest

from paretocaps.domain.own_function import OwnFunction, called, function_of, is_own, keep, kept, places
from paretocaps.errors import ParetocapsError, UsageError
from paretocaps.testing import probe


def trains(choices, report):
    return {"acc": 1.0}


def builds(hidden=16, depth=2, classes=10, shape=(1, 8, 8)):
    """Build nothing."""


def test_a_function_of_a_module_is_named_with_it_and_a_closure_without():
    def inside(choices, report):
        return {}

    own = OwnFunction(probe.judge, "2")
    assert own.name == "paretocaps.testing.probe:judge@2"
    assert own.importable
    assert OwnFunction(inside).name == "inside@1"
    assert not OwnFunction(inside).importable
    assert not OwnFunction(lambda choices, report: {}).importable
    assert is_own(own.name)
    assert not is_own("capsnet")
    names = "train_svm@2", "my.module:train_svm@2", "capsnet", ""
    assert [function_of(name) for name in names] == ["train_svm", "train_svm", "", ""]


def test_one_with_a_report_trains_and_any_other_builds_a_network():
    assert OwnFunction(trains).trains
    assert OwnFunction(trains).choices == {}
    assert not OwnFunction(builds).trains
    assert OwnFunction(builds).choices == {"hidden": 16, "depth": 2}
    given = {"classes": 3, "shape": (1, 2, 2)}
    assert OwnFunction(builds).arguments({"hidden": 8, "lr_max": 1.0}, given) == {"hidden": 8, **given}
    with pytest.raises(UsageError, match=r"builds_any\(\*\*choices\) is no trainer: give it the parameters"):
        OwnFunction(builds_any).parameters  # noqa: B018


def builds_any(**choices):
    """Build nothing."""


def test_what_is_kept_is_found_by_its_name_and_with_its_version():
    own = OwnFunction(trains, "7")
    name = keep(own)
    assert called(name) is own
    assert kept(trains) is own
    assert kept(builds).version == "1"


def test_what_is_not_here_is_imported_or_asked_for():
    assert called("random:random@3") == OwnFunction(random.random, "3")
    assert called("math:sqrt@1").function is math.sqrt
    with pytest.raises(ParetocapsError, match=r"'svm@2' is the function svm of a Python session"):
        called("svm@2")
    with pytest.raises(ParetocapsError, match=r"'no_module:svm@1' cannot be imported \(No module named"):
        called("no_module:svm@1")


def test_workers_are_told_from_where_to_import():
    keep(OwnFunction(probe.reference_step))
    assert str(Path(probe.__file__).parents[2]) in places()
