import pytest

from paretocaps.report.places import without_folders


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/me/studies/x.db", "x.db"),
        ("sqlite:////home/me/studies/x.db", "x.db"),
        ("data=/mnt/images/ parts=train", "data=images parts=train"),
        ("'/home/me/a.pt' cannot be read", "'a.pt' cannot be read"),
        ("/data", "data"),
    ],
)
def test_an_absolute_path_is_shown_by_its_last_name(text, shown):
    assert without_folders(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        *("studies/x.db", "~/x.db", "../x/y", "km/h, 3 / 4 and 1/2", "https://host/a/b"),
        *("postgresql://me@host/db", "sqlite:///studies/x.db", "data:image/jpeg;base64,/9j/4AAQ+/x/y="),
    ],
)
def test_other_texts_stay(text):
    assert without_folders(text) == text
