from paretocaps import service


def test_studies_are_listed_with_their_trials(storage):
    row = service.studies(storage)[0]
    assert (row["study"], row["objectives"], row["finished"], row["failed"]) == ("s", "acc,time", 6, 0)


def test_what_can_be_named_is_listed():
    assert "capsnet" in [row["trainer"] for row in service.trainers()]
    assert {"acc", "time", "params"} <= {row["objective"] for row in service.objectives()}
    assert [row["sampler"] for row in service.samplers()] == [
        "tpe",
        "nsga2",
        "nsga3",
        "gp",
        "random",
        "qmc",
        "grid",
    ]
    assert {"digits", "mnist", "fashion-mnist"} <= {row["dataset"] for row in service.datasets()}
    for rows in (service.trainers(), service.objectives(), service.samplers(), service.datasets()):
        assert all(row["description"] for row in rows)
