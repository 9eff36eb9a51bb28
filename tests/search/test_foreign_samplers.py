import sys

import pytest
from optuna.samplers import BruteForceSampler, NSGAIISampler

from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.search.foreign_samplers import foreign_sampler, made
from paretocaps.search.samplers import sampler_called


def test_a_class_of_an_installed_package_is_a_sampler_with_the_studys_seed():
    assert isinstance(sampler_called("optuna.samplers:BruteForceSampler", 2).optuna(3, 9), BruteForceSampler)
    first, second = (made(NSGAIISampler, 3)._rng.rng.random() for _ in range(2))
    assert first == second


def test_nothing_but_installed_packages_is_imported(tmp_path, monkeypatch):
    (tmp_path / "loose_sampler.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match="no installed package has the module 'loose_sampler'"):
        sampler_called("loose_sampler:Loose", 2)
    with pytest.raises(UsageError, match="no installed package has the module 'antigravity'"):
        sampler_called("antigravity:fly", 2)
    assert not {"loose_sampler", "antigravity"} & sys.modules.keys()


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("optuna.samplers:Nothing", "cannot load"),
        ("optuna.samplers.nothing:Nothing", "cannot load"),
        ("optuna:create_study", "is no class of samplers"),
        ("optuna.samplers:GridSampler", "needs the argument 'search_space'"),
        ("optuna.samplers:CmaEsSampler", "fails for 2 objectives"),
    ],
)
def test_what_is_no_sampler_is_refused_by_name(target, why):
    with pytest.raises(UsageError, match=f"sampler '{target}'.*{why}"):
        foreign_sampler(target, 2)


def test_other_names_are_those_of_the_registry():
    assert sampler_called("tpe", 2).start
    with pytest.raises(UnknownNameError, match="tpe"):
        sampler_called("tpo", 2)


def test_a_study_runs_with_a_sampler_of_an_installed_package(run):
    summary, _ = run(sampler="optuna.samplers:NSGAIISampler", trials=2, designs=())
    assert summary.finished == 2
