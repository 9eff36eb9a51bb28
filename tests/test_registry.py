import pytest

from paretocaps.errors import ParetocapsError, UnknownNameError
from paretocaps.registry import Registry, resolve


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
