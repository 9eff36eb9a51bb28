from paretocaps.web.attachments import attachments


def files(views, optuna_side, number):
    key = optuna_side.get_study_id_from_name("demo")
    found = views.trial(key, optuna_side.get_trial_id_from_study_id_trial_number(key, number))
    return {one.name: one for one in attachments(*found)}, found[0]


def test_a_member_has_its_curves_weights_and_mistakes(views, optuna_side, url):
    _, view = files(views, optuna_side, 0)
    own, _ = files(views, optuna_side, next(iter(view.weights)))
    assert list(own) == ["curves.csv", "confusion.csv", "weights.json"]
    assert own["weights.json"].read(url).startswith(b"[")
    head, *rows = own["curves.csv"].read(url).decode().splitlines()
    assert head.startswith("seed,epoch,")
    assert [row.split(",")[:2] for row in rows] == [["0", "1"], ["0", "2"], ["0", "3"]]
    assert len({one.key for one in own.values()}) == 3


def test_a_trial_whose_weights_are_not_kept_has_its_curves(views, optuna_side):
    _, view = files(views, optuna_side, 0)
    other = next(number for number in view.records if number not in view.weights)
    assert list(files(views, optuna_side, other)[0]) == ["curves.csv"]
