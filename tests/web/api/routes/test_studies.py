from paretocaps import service


def test_studies_are_those_of_the_command(client, url):
    assert client.get("/api/v1/studies").json() == service.studies(url)


def test_a_front_is_that_of_the_command(client, url):
    view = {"objectives": "acc,params", "require": ["acc>=0.1", "params<=500k"]}
    answer = client.get("/api/v1/studies/demo/front", params=view)
    assert answer.json() == service.load_front("demo", url, **view).as_dict()


def test_a_study_that_is_not_there_is_told_as_by_the_command(client):
    answer = client.get("/api/v1/studies/nobody/front")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith("no study 'nobody'")


def test_a_wrong_bound_is_told_as_by_the_command(client):
    answer = client.get("/api/v1/studies/demo/front", params={"require": "acc"})
    assert answer.status_code == 422
    assert answer.json()["status"] == 422
    assert "'acc'" in answer.json()["detail"]
