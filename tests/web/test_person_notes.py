import pytest

from paretocaps.web.person_notes import PersonNotes


def test_a_note_is_read_as_the_dashboard_keeps_it(optuna_side):
    optuna_dashboard_note = pytest.importorskip("optuna_dashboard._note")
    key = optuna_side.get_study_id_from_name("demo")
    long = "words " * 1000
    optuna_dashboard_note.save_note_with_version(optuna_side, key, None, 3, long)
    optuna_dashboard_note.save_note_with_version(optuna_side, key, 7, 1, "of trial 7")
    notes = PersonNotes(optuna_side.get_study_system_attrs(key))
    assert (notes.body(None), notes.version(None)) == (long, 3)
    assert (notes.body(7), notes.version(7)) == ("of trial 7", 1)
    assert (notes.body(8), notes.version(8)) == ("", 0)
