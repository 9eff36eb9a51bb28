"""What somebody else wrote runs no code: nothing is unpickled, and no text becomes a statement of SQL."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import paretocaps

ROOT = Path(paretocaps.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

PICKLING = {
    "pickle",
    "cPickle",
    "_pickle",
    "cloudpickle",
    "dill",
    "joblib",
    "marshal",
    "multiprocessing",
    "shelve",
}
HARMLESS = {("pickle", "UnpicklingError")}
"""The error that torch raises where it refuses to unpickle."""
UNPICKLING = {
    *("read_pickle", "broadcast_object_list", "all_gather_object", "gather_object", "scatter_object_list"),
    *("recv_object_list", "send_object_list", "unpack_archive", "extractall"),
}
RUNNING = {"eval", "exec", "compile", "__import__"}
STATEMENTS = {"text", "exec_driver_sql", "execute", "executescript", "executemany", "DDL", "literal_column"}


def faults(code: str) -> list[str]:
    """Return what in a module's code would run, or unpickle, what somebody else wrote."""
    found: list[str] = []
    for node in ast.walk(ast.parse(code)):
        found.extend(_imports(node))
        if isinstance(node, ast.Call):
            found.extend(_calls(node))
    return found


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (one.name for one in node.names if one.name.split(".")[0] in PICKLING)
    elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PICKLING:
        yield from (one.name for one in node.names if (node.module, one.name) not in HARMLESS)


def _calls(node: ast.Call) -> Iterator[str]:
    called = ast.unparse(node.func)
    name = called.rpartition(".")[2]
    given = {one.arg: ast.unparse(one.value) for one in node.keywords}
    if called in RUNNING or name in UNPICKLING:
        yield f"{called}()"
    if called == "torch.load" and given.get("weights_only") != "True":
        yield "torch.load without weights_only=True"
    if given.get("allow_pickle", "False") != "False" or given.get("trust_remote_code", "False") != "False":
        yield f"{called}({given})"
    if name in STATEMENTS and node.args and _is_filled_in(node.args[0]):
        yield f"{called} of a statement that is filled in: {ast.unparse(node.args[0])}"


def _is_filled_in(statement: ast.expr) -> bool:
    """Return whether anything but constants, or whole numbers, is put into the text of a statement."""
    if isinstance(statement, ast.JoinedStr):
        parts = [part.value for part in statement.values if isinstance(part, ast.FormattedValue)]
        return not all(_is_safe(part) for part in parts)
    if isinstance(statement, ast.BinOp):
        return not all(
            isinstance(side, ast.Constant) or _is_safe(side) for side in (statement.left, statement.right)
        )
    return isinstance(statement, ast.Call) and ast.unparse(statement.func).endswith(
        (".format", ".join", ".replace")
    )


def _is_safe(part: ast.expr) -> bool:
    name = ast.unparse(part)
    return name.strip("_").isupper() or name.startswith("int(")


def test_no_module_runs_or_unpickles_what_somebody_else_wrote():
    found = {str(file.relative_to(ROOT)): faults(file.read_text()) for file in FILES}
    assert {name: told for name, told in found.items() if told} == {}
    assert len(FILES) > 300


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from cloudpickle import loads",
        "from pickle import UnpicklingError, loads",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "torch.distributed.broadcast_object_list(content)",
        "pandas.read_pickle(path)",
        "eval(text)",
        "connection.execute(text(f'SELECT {name}'))",
        "connection.exec_driver_sql('SELECT ' + name)",
        "cursor.execute('SELECT %s' % name)",
        "cursor.execute('SELECT {}'.format(name))",
        "tarfile.open(path).extractall(folder)",
    ],
)
def test_each_such_code_is_found(code):
    assert len(faults(code)) == 1


@pytest.mark.parametrize(
    "code",
    [
        "from pickle import UnpicklingError",
        "torch.load(path, map_location='cpu', weights_only=True)",
        "np.load(path)",
        "cursor.execute(f'PRAGMA busy_timeout = {int(seconds)}')",
        "connection.execute(text('SELECT :name'), {'name': name})",
        "connection.execute(select(TRIALS).where(TRIALS.c.number == number))",
        "network.eval()",
    ],
)
def test_harmless_code_is_not(code):
    assert faults(code) == []
