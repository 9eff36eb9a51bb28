"""Studies live in files with any name that the system allows."""

import pytest
from harness.invariants import check

NAMES = ["a blank #hash 100%.db", "per%20cent {brace}.db", "naïve-Ω-数.db", "a'b\"c without suffix"]


@pytest.mark.parametrize("name", NAMES)
def test_a_study_in_a_file_of_any_name(make_study, name):
    study = make_study(storage=f"folder of {name}/{name}", trials=1, epochs=1)
    study.complete()
    assert [file.name for file in (study.folder / f"folder of {name}").iterdir() if file.is_file()] == [name]
    check(study)


def test_a_question_mark_in_a_path_is_refused(make_study):
    study = make_study(storage="a?b.db", trials=1, epochs=1)
    driver = study.start()
    assert driver.wait() == 2
    assert "a path has no settings after '?'" in driver.said
