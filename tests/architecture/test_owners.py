"""Third parties stay with their owners, by the table of owners.toml."""

import sys


def test_third_parties_are_imported_by_their_owners_only(graph, table):
    strangers = [
        f"{module} imports {party}: its owners in owners.toml are {table['owners'].get(party, 'nobody')}"
        for module, party in _imports(graph)
        if _package(module) not in table["owners"].get(party, ())
    ]
    assert not strangers, "\n".join(strangers)


def test_no_owner_is_idle(graph, table):
    used = {(party, _package(module)) for module, party in _imports(graph)}
    owners = {(party, package) for party, packages in table["owners"].items() for package in packages}
    assert not owners - used, "rows of owners.toml that no import uses"


def test_the_table_is_in_order(table):
    owners = table["owners"]
    assert list(owners) == sorted(owners)
    assert all(packages == sorted(set(packages)) and packages for packages in owners.values())


def test_nothing_inside_imports_the_public_names(graph):
    """They are what the layers offer to the outside: a layer that imported them would import itself."""
    assert not graph.find_modules_that_directly_import("paretocaps")


def _imports(graph):
    return sorted(
        (module, party)
        for party in graph.modules
        if party.split(".")[0] not in {"paretocaps", *sys.stdlib_module_names}
        for module in graph.find_modules_that_directly_import(party)
    )


def _package(module):
    return module.split(".")[1] if "." in module else module
