"""Names of folders that tell which part of a data set they hold, such as train, seg_test or evals."""

import re
from typing import NamedTuple

from paretocaps.data.sources.class_names import one_form

_WORDS = {
    "train": "train training trainval trn",
    "test": "test tests testing tst",
    "validation": "val valid validate validation dev eval evals evaluate evaluation holdout",
    "prediction": "pred predict prediction predictions unlabeled unlabelled",
}
_FILLERS = (
    "set sets data dataset datasets image images img imgs pic pics picture pictures photo photos"
    " sample samples split splits part parts folder folders file files"
)
_FILLER = re.compile(rf"(?:{'|'.join(_FILLERS.split())})")
_ROLES = {
    role: re.compile(rf"(?:{'|'.join(words.split())})(?:{_FILLER.pattern})?")
    for role, words in _WORDS.items()
}
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")  # where a word of TrainSet begins
_WORD = re.compile(r"[^\W\d_]+")


class PartName(NamedTuple):
    """What the name of a folder tells about the part that it holds.

    Attributes:
        role: "train", "test", "validation" or "prediction" (images without labels).
        rest: what else is in the name, such as "seg" of seg_train; empty if that is nothing of meaning.
    """

    role: str
    rest: str


def part_name(name: str) -> PartName | None:
    """Return which part a folder called `name` may hold, or None if it tells of no part.

    With a `rest`, only other folders can tell whether it is a part: bullet_train is not one.
    """
    words = [word.lower() for word in _WORD.findall(_CAPITAL.sub(" ", one_form(name)))]
    roles = {word: role for role, known in _ROLES.items() for word in words if known.fullmatch(word)}
    if not roles:
        return None
    rest = [word for word in words if word not in roles and not _FILLER.fullmatch(word)]
    found = roles.values()
    return PartName(next(role for role in _WORDS if role in found), " ".join(rest))
