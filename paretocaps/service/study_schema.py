"""The options of a submitted study as JSON Schema, with what each means: forms are made from it."""

import re
from copy import deepcopy
from functools import cache
from inspect import getdoc
from typing import Any

from paretocaps.domain.study_spec import StudySpec

OF_SERVICE = ("storage", "storage_patience", "artifacts", "executor", "ray_address", "log", "file_fix")
"""The options that a submitted study may not name, because they are the service's."""
_ENTRY = re.compile(r"^ {4}((?:\w+, )*\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)


def study_schema() -> dict[str, Any]:
    """Return the JSON Schema of the options that a submitted study may have.

    Those that are known by a name have the names that are registered as `examples`.
    """
    return deepcopy(_schema())


@cache
def _schema() -> dict[str, Any]:
    schema = StudySpec.model_json_schema()
    meanings, names = option_meanings(), known_names()
    schema["properties"] = {
        name: {key: value for key, value in one.items() if key != "title"}
        | {"description": meanings[name]}
        | ({"examples": names[name]} if name in names else {})
        for name, one in schema["properties"].items()
        if name not in OF_SERVICE
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "A study",
        "description": "The options of a study, as the keys of a study file.",
        "required": ["study"],
    }


def option_meanings() -> dict[str, str]:
    """Return what each option of a study means, by name, from its documentation."""
    found: dict[str, str] = {}
    text = (getdoc(StudySpec) or "").partition("Attributes:\n")[2].partition("\nExample:")[0]
    for names, meaning in _ENTRY.findall(text):
        found |= dict.fromkeys(names.split(", "), " ".join(meaning.split()))
    return found


def known_names() -> dict[str, list[str]]:
    """Return the names that the options may have which stand for something registered."""
    from paretocaps.data.catalog import DATASETS
    from paretocaps.domain.objective import OBJECTIVES
    from paretocaps.domain.trainer import TRAINERS
    from paretocaps.search.samplers import SAMPLERS
    from paretocaps.search.stopping.stopper import STOPPERS

    return {
        "trainer": list(TRAINERS),
        "sampler": list(SAMPLERS),
        "stop_early": list(STOPPERS),
        "dataset": list(DATASETS),
        "objectives": list(OBJECTIVES),
    }
