import json
import sys
from pathlib import Path

import pytest

from paretocaps.errors import ParetocapsError, UnknownNameError, UsageError
from paretocaps.registry import Registry, resolve
from paretocaps.testing.plugin import write_plugin


def test_entries_are_imported_on_first_use() -> None:
    registry: Registry[object] = Registry("thing", {"dumps": "json:dumps", "one": 1})
    assert registry.get("dumps")({}) == "{}"  # type: ignore[operator]
    assert registry.get("one") == 1
    assert list(registry) == ["dumps", "one"]


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(
        UnknownNameError, match=r"unknown thing 'dump': did you mean 'dumps'\? \(known: dumps\)"
    ):
        Registry("thing", {"dumps": "json:dumps"}).get("dump")


def test_a_name_is_taken_once() -> None:
    registry: Registry[int] = Registry("thing", {"one": 1})
    registry.register("two", 2)
    registry.register("two", 2)
    assert registry.get("two") == 2
    with pytest.raises(ParetocapsError, match="thing 'one' is registered already"):
        registry.register("one", 3)


def test_plug_ins_come_from_the_entry_point_group() -> None:
    registry: Registry[object] = Registry("command", {}, group="console_scripts")
    assert "pytest" in registry
    assert callable(registry.get("pytest"))
    with pytest.raises(ParetocapsError, match="registered already"):
        registry.register("pytest", "json:dumps")


@pytest.mark.parametrize("target", ["json:nothing", "no_such_module:x"])
def test_what_cannot_be_imported_is_named(target: str) -> None:
    with pytest.raises(ParetocapsError, match=f"cannot load '{target}'"):
        resolve(target)


def test_what_this_process_registered_is_known_to_it_alone() -> None:
    registry: Registry[str] = Registry("thing", {"mine": "builtins:str"})
    assert not registry.only_here("mine")
    registry.register("yours", "builtins:int")
    assert registry.only_here("yours")
    assert not registry.only_here("nobody's")


def test_names_that_pass_a_test_are_looked_up_when_they_are_asked_for() -> None:
    registry: Registry[int] = Registry("number", {"one": 1, "two": 2, "broken": "no_such_module:x"})
    even = registry.where(lambda number: number % 2 == 0)
    assert "two" in even
    assert "one" not in even
    assert "three" not in even
    registry = Registry("number", {"one": 1, "two": 2})
    even = registry.where(lambda number: number % 2 == 0)
    registry.register("four", 4)
    assert list(even) == ["two", "four"]
    assert len(even) == 2


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("no_such_module:x", "cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'"),
        ("json:nothing", "cannot be loaded: AttributeError: module 'json' has no attribute 'nothing'"),
        ("broken_part:x", "cannot be loaded: ZeroDivisionError: division by zero"),
        ("json:dumps", "is not of type int: its entry point json:dumps is a function"),
    ],
)
def test_a_broken_plug_in_is_one_line_that_names_it_and_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, reason: str
) -> None:
    write_plugin(tmp_path, "outside-parts", {"paretocaps.numbers": {"many": target}})
    (tmp_path / "broken_part.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry: Registry[int] = Registry("number", {}, group="paretocaps.numbers", of=int)
    with pytest.raises(ParetocapsError) as refused:
        registry.get("many")
    assert str(refused.value) == f"number 'many' of the package 'outside-parts' {reason}"


def test_broken_plug_ins_are_left_out_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_plugin(tmp_path, "outside-parts", {"paretocaps.numbers": {"many": "no_such_module:x"}})
    monkeypatch.syspath_prepend(str(tmp_path))
    registry: Registry[int] = Registry("number", {"one": 1}, group="paretocaps.numbers")
    assert list(registry) == ["one", "many"]
    assert list(registry.loadable()) == [1]
    assert list(registry.where(lambda number: number > 0)) == ["one"]
    ((name, why),) = registry.broken().items()
    assert (name, why.startswith("number 'many' of the package 'outside-parts' cannot be loaded")) == (
        "many",
        True,
    )


def test_what_a_plug_in_names_is_told_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plugin(tmp_path, "outside-parts", {"paretocaps.numbers": {"many": "sys:maxsize"}})
    monkeypatch.syspath_prepend(str(tmp_path))
    registry: Registry[int] = Registry("number", {"one": 1}, group="paretocaps.numbers")
    assert registry.resolve("many", "json:dumps") is json.dumps
    with pytest.raises(ParetocapsError) as refused:
        registry.resolve("many", "no_such_module:x")
    reason = "ModuleNotFoundError: No module named 'no_such_module'"
    assert str(refused.value) == f"number 'many' of the package 'outside-parts' cannot be loaded: {reason}"
    with pytest.raises(ParetocapsError, match="^cannot load 'no_such_module:x': "):
        registry.resolve("one", "no_such_module:x")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise SystemExit(3)", "cannot be loaded: SystemExit: 3"),
        ("many = 1", "cannot be used: 1 is too few"),
        ("many = []", "cannot be used: TypeError: '<' not supported between instances of 'list' and 'int'"),
    ],
)
def test_what_a_package_brings_is_checked_when_it_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, reason: str
) -> None:
    write_plugin(tmp_path, "outside-parts", {"paretocaps.numbers": {"many": "given_part:many"}})
    (tmp_path / "given_part.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "given_part", raising=False)
    checked: Registry[object] = Registry(
        "number", {"one": 1}, group="paretocaps.numbers", check=f"{__name__}:at_least_two"
    )
    assert checked.get("one") == 1
    with pytest.raises(ParetocapsError) as refused:
        checked.get("many")
    assert str(refused.value) == f"number 'many' of the package 'outside-parts' {reason}"


def at_least_two(name: str, number: int) -> None:
    if number < 2:
        raise UsageError(f"{number} is too few")


def test_two_packages_with_one_name_are_both_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("these-parts", "those-parts"):
        write_plugin(tmp_path, package, {"paretocaps.numbers": {"many": "sys:maxsize"}})
    monkeypatch.syspath_prepend(str(tmp_path))
    registry: Registry[int] = Registry("number", {"one": 1}, group="paretocaps.numbers")
    with pytest.raises(
        ParetocapsError, match=r"^number 'many' comes from the packages '.*' and '.*': uninstall"
    ):
        registry.get("many")
    assert list(registry.loadable()) == [1]


def test_a_plug_in_with_a_built_in_name_is_ignored_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plugin(tmp_path, "outside-parts", {"paretocaps.numbers": {"one": "sys:maxsize"}})
    monkeypatch.syspath_prepend(str(tmp_path))
    registry: Registry[int] = Registry("number", {"one": 1}, group="paretocaps.numbers")
    assert registry.get("one") == 1
    line = "number 'one' of the package 'outside-parts' is ignored: the name belongs to paretocaps"
    assert registry.broken() == {"one": line}


def test_an_accident_in_a_plug_in_is_told_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plugin(tmp_path, "outside-parts", {"paretocaps.numbers": {"many": "sys:maxsize"}})
    monkeypatch.syspath_prepend(str(tmp_path))
    registry: Registry[int] = Registry("number", {"one": 1}, group="paretocaps.numbers")
    message = "^number 'many' of the package 'outside-parts' failed: KeyError: 'x'$"
    with pytest.raises(ParetocapsError, match=message), registry.blamed("many"):
        raise KeyError("x")
    with pytest.raises(KeyError), registry.blamed("one"):
        raise KeyError("x")
    with pytest.raises(UsageError, match="^plain$"), registry.blamed("many"):
        raise UsageError("plain")
    with pytest.raises(MemoryError), registry.blamed("many"):
        raise MemoryError
