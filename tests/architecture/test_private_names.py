"""Names with a leading underscore are used in the file, or by the class, that they belong to."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTED = {"_asdict", "_exit", "_mapping"}  # of named tuples, os and SQLAlchemy: public all the same
FILES = sorted((ROOT / "paretocaps").rglob("*.py"))


@pytest.mark.slow
def test_private_names_of_others_have_one_place_each(table):
    trees = {str(file.relative_to(ROOT)): ast.parse(file.read_text()) for file in FILES}
    own = set().union(*(_members(tree) for tree in trees.values()))
    found = {file: sorted(_foreign(tree, own)) for file, tree in trees.items()}
    assert {file: names for file, names in found.items() if names} == table["private"]
    places = [name for names in table["private"].values() for name in names]
    assert len(places) == len(set(places))


@pytest.mark.parametrize(
    "line",
    [
        "study._storage",
        "import torch._dynamo",
        "from torch._dynamo import reset",
        "from datasets import _fingerprint",
        "getattr(study, '_storage')",
        "class Net(nn.Module):\n    def names(self): return list(self._modules)",
    ],
)
def test_each_way_to_a_private_name_is_found(line):
    assert len(list(_foreign(ast.parse(line), own={"_storage"}))) == 1


@pytest.mark.parametrize(
    "line", ["class A:\n    def __init__(self): self._a = 1\n    def b(self): return self._a", "a.__dict__"]
)
def test_own_private_names_are_no_matter(line):
    tree = ast.parse(line)
    assert not list(_foreign(tree, own=_members(tree)))


def _members(tree: ast.Module) -> set[str]:
    """The names that classes in `tree` define: methods, fields, and attributes that are set."""
    names = set()
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(body=body):
                names |= {one.name for one in body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
                names |= {one.target.id for one in body if isinstance(one, ast.AnnAssign)}
                names |= {target.id for one in body if isinstance(one, ast.Assign) for target in one.targets}
            case ast.Attribute(attr=name, ctx=ast.Store()):
                names.add(name)
    return names


def _foreign(tree: ast.Module, own: set[str]) -> Iterator[str]:
    """The private names in `tree` that belong to others; `own` are those of the whole package."""
    here = _members(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                names, known = [name], own
            case ast.Attribute(attr=name):
                names, known = [name], here
            case ast.Import(names=imported):
                names, known = [part for one in imported for part in one.name.split(".")], set()
            case ast.ImportFrom(module=module, names=imported):
                names, known = [*(module or "").split("."), *(one.name for one in imported)], set()
            case ast.Call(func=ast.Name(id="getattr" | "setattr"), args=[_, ast.Constant(value=name), *_]):
                names, known = [str(name)], here
            case _:
                continue
        yield from (name for name in names if _is_private(name) and name not in known | DOCUMENTED)


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")
