from paretocaps.report.study_facts import amount, settings_texts, versions


def test_versions_are_those_that_wrote_the_page():
    text = versions()["written"]
    assert "paretocaps " in text
    assert "torch " in text
    assert "Python 3." in text


def test_settings_have_no_password_and_no_table_of_the_file():
    found = settings_texts({"storage": "postgresql://me:secret@host/db", "file_fix": {}, "fix": {"a": True}})
    assert found == {"storage": "postgresql://me:***@host/db", "fix": "a=true"}


def test_how_much_was_trained_is_counted():
    assert (
        amount({"epochs": 1, "limit_train": 500}, 2) == "1 epoch, 500 training images, 2 trainings per trial"
    )
    assert amount({}, 0) == ""
