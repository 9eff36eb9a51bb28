"""What is sent to a page that no person would send is refused by a page, and never fails."""

BIG = 10**30
LOOKED_AT = (
    f"/studies/demo/trials/{BIG}",
    f"/studies/demo/trials?page={BIG}",
    "/studies/a%00b",
    "/studies/%ed%a0%80",
)
SENT = (
    (f"/studies/demo/trials/{BIG}/export", {}),
    (f"/studies/demo/trials/{BIG}/predict", {}),
    (f"/queue/{BIG}/stop", {}),
    ("/studies/demo/trials", {"trials": BIG}),
    ("/new", {"study": "n", "trials": BIG}),
    ("/new", {"study": "n", "epochs": "9" * 5000}),
    ("/new", {"study": "n", "priority": BIG}),
    ("/new", {"study": "n", "priority": "--1"}),
    ("/new/file", {"toml": 'study = "n"\ntimeout = inf'}),
)


def test_numbers_and_names_that_no_database_has_room_for_are_refused_by_a_page(client):
    answers = [client.get(path) for path in LOOKED_AT]
    assert [answer.status_code for answer in answers] == [422, 200, 404, 404]
    answers = [client.post(path, data=form) for path, form in SENT]
    assert {answer.status_code for answer in answers} == {422}
    assert all(answer.text.lstrip().startswith("<!DOCTYPE html>") for answer in answers)
