import pytest

from paretocaps.domain.study_file import resolve_spec
from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import UsageError
from paretocaps.service.study_schema import study_schema
from paretocaps.web.pages.form import FURTHER, Option, groups, options_of


def fields(given=None, **others):
    return {one.name: one for some in groups(given or {}, **others).values() for one in some}


def test_every_option_of_the_schema_has_one_field():
    names = [one.name for some in groups({}).values() for one in some]
    assert len(names) == len(set(names))
    assert set(names) == study_schema()["properties"].keys() - {"data", "dataset"} | {"images"}
    assert "retries" in [one.name for one in groups({})[FURTHER]]


def test_an_option_is_asked_for_as_its_schema_says():
    found = fields()
    assert (found["trials"].kind, found["trials"].value, found["trials"].least) == ("number", "24", 1)
    assert (found["reject"].kind, found["reject"].value) == ("switch", "yes")
    assert found["objectives"].chosen == ["acc", "time", "params"]
    assert Option("rungs", "rungs") in found["stop_early"].options
    assert [option.value for option in found["channels"].options] == ["", "1", "3"]
    assert (found["require"].kind, found["design"].kind, found["parts"].kind) == ("lines", "table", "text")
    assert found["budget"].placeholder == "10m, 2h"
    assert all(one.help.endswith(".") and "None" not in one.help for one in found.values())


def test_a_form_that_was_not_touched_submits_the_defaults():
    untouched = {name: one.value for name, one in fields().items()}
    spec = resolve_spec({}, options_of({**untouched, "study": "new"}))
    assert spec == resolve_spec({}, {"study": "new", "dataset": "digits"})


def test_what_is_filled_in_is_an_option_of_its_type():
    given = {"study": "new", "objectives": "acc\nparams", "images": "data:upload:mine", "trials": "12"}
    given |= {
        "reject": "no",
        "transpose": "no",
        "fix": "lr_max=1e-3\ndecoder=none",
        "limit_validation": "all",
    }
    given |= {
        "require": "acc>=0.9\n\nparams<=2M",
        "budget": "2h",
        "priority": "3",
        "seed": "",
        "channels": "3",
    }
    options = options_of(given)
    assert options == {
        "study": "new",
        "objectives": ["acc", "params"],
        "data": "upload:mine",
        "trials": 12,
        "reject": False,
        "fix": {"lr_max": "1e-3", "decoder": "none"},
        "limit_validation": "all",
        "require": ["acc>=0.9", "params<=2M"],
        "budget": "2h",
        "channels": 3,
    }
    assert isinstance(resolve_spec({}, options), StudySpec)


def test_tables_are_those_of_a_study_file():
    fix = options_of({"fix": 'lr_max = 0.001\ndecoder = "none"'})["fix"]
    assert fix == {"lr_max": 0.001, "decoder": "none"}
    assert options_of({"design": "[mine]\nlr_max = 0.001"})["design"] == {"mine": {"lr_max": 0.001}}
    with pytest.raises(UsageError, match="design is not valid TOML"):
        options_of({"design": "mine"})


def test_what_was_filled_in_comes_back():
    found = fields({"trials": "x", "space": "mine"}, data=[Option("data:a", "a")], spaces=["papers"])
    assert found["trials"].value == "x"
    assert [option.value for option in found["space"].options] == ["", "papers", "mine"]
    assert found["images"].options[-1].value == "data:a"
