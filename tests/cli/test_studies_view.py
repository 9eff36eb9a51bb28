from paretocaps.cli.studies_view import in_short

ROW = {
    "study": "demo", "state": "incomplete", "finished": 3, "stopped": 1, "failed": 2, "wanted": 24,
    "front": 2, "hypervolume": 0.12345, "bytes": 8_200_000, "objectives": "acc,time", "data": "digits",
}  # fmt: skip


def test_a_study_is_shown_in_few_words():
    row = in_short(ROW)
    assert (row["trials"], row["hypervolume"], row["size"]) == ("4 of 24 (2 failed)", "0.1235", "8.20 MB")
    assert in_short({**ROW, "finished": 23, "failed": 0})["trials"] == "24"
    assert in_short({**ROW, "hypervolume": None, "wanted": None})["hypervolume"] is None
