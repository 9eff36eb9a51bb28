"""What is asked of a service; `commands/test_server_option.py` compares its answers with a database's."""

import json

import pytest

from paretocaps.cli import remote
from paretocaps.cli.remote import Remote
from paretocaps.errors import UsageError

URL = "http://caps.example.org"


class Client:
    """Answers with what a test gave, and keeps what was asked."""

    def __init__(self, url):
        self.url, self.asked, self.answer, self.names = url, [], b"[]", ["my study"]

    def studies(self):
        return [{"study": name} for name in self.names]

    def get(self, path, **parameters):
        self.asked.append(("GET", path, {name: v for name, v in parameters.items() if v is not None}))
        return json.loads(self.answer)

    def ask(self, method, path, content=None, accept=None):
        self.asked.append((method, path, content))
        return self.answer

    def read(self, answer):
        return json.loads(answer)


@pytest.fixture
def service(monkeypatch):
    monkeypatch.setattr(remote, "Client", Client)
    monkeypatch.setattr(remote, "loaded", lambda kind, found: (kind.__name__, found))
    return Remote(URL)


def front(service, study=None, require=None, **more):
    view = ("acc,time", require, None, None)
    return service.load_front(study, "x.db", *view, **{"test": False, "notice": print, **more})


def test_a_study_need_not_be_named_where_there_is_one(service):
    assert front(service) == ("Front", [])
    assert front(service, "a/b?c") == ("Front", [])
    assert [path for _, path, _ in service._client.asked] == [
        "studies/my%20study/front?objectives=acc%2Ctime",
        "studies/a%2Fb%3Fc/front?objectives=acc%2Ctime",
    ]


@pytest.mark.parametrize(("names", "told"), [([], "0 studies (none)"), (["a", "b"], "2 studies (a, b)")])
def test_of_none_and_of_several_one_must_be_named(service, names, told):
    service._client.names = names
    with pytest.raises(UsageError) as caught:
        front(service)
    assert told in str(caught.value)


def test_bounds_are_passed_on_and_lifted(service):
    front(service, "s", ("acc>=0.9", "params<=1e6"))
    front(service, "s", ())
    bounds = [path.partition("acc%2Ctime")[2] for _, path, _ in service._client.asked]
    assert bounds == ["&require=acc%3E%3D0.9&require=params%3C%3D1e6", "&all=true"]


def test_preferences_and_aims_are_passed_on(service):
    more = {"preferences": {"acc": 0.6, "time": 0.4}, "aim": "acc>=0.98", "baseline": "ws"}
    assert service.recommend("s", "x.db", None, None, None, None, **more)[0] == "Recommendation"
    ((_, path, _),) = service._client.asked
    asked = "prefer=acc%3D0.6%2Ctime%3D0.4&aim=acc%3E%3D0.98&baseline=ws"
    assert path == f"studies/s/recommendation?{asked}"


def test_the_progress_of_a_study_is_asked_for(service):
    assert service.history("s", "x.db", "acc", None, "cpu", require=None) == []
    assert service._client.asked == [("GET", "studies/s/history", {"objectives": "acc", "scale_to": "cpu"})]


def test_a_report_is_written_whole_under_the_study_s_name(service, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    service._client.answer = b"<html>"
    view = (None, None, None, None)
    path = service.write_report(None, "x.db", None, *view, standalone=True, pictures=None)
    assert (path.parent.name, path.read_bytes()) == ("reports", b"<html>")
    own = service.write_report("s", "x.db", "own.html", *view, standalone=True, pictures=None)
    assert own.read_bytes() == b"<html>"


@pytest.mark.parametrize(
    ("ask", "flag"),
    [
        (lambda one: front(one, "s", test=True), "--test"),
        (lambda one: one.write_report("s", "", None, standalone=False, pictures=None), "--no-standalone"),
        (lambda one: one.write_report("s", "", None, standalone=True, pictures="svg"), "--pictures"),
    ],
)
def test_what_needs_this_machine_is_refused_before_anything_is_asked(service, ask, flag):
    with pytest.raises(UsageError, match=f"{flag} works on this machine: leave it out, or --server {URL}"):
        ask(service)
    assert service._client.asked == []


def test_a_space_is_a_study_s_or_that_of_settings(service):
    assert service.space("s", "x.db", None, None, None, ())[0] == "SpaceView"
    service.space(None, "x.db", None, None, "capsnet", ("family=capsnet",))
    (_, stored, _), (method, path, content) = service._client.asked
    assert (stored, method, path) == ("studies/s/space?", "POST", "space")
    assert json.loads(content) == {"trainer": "capsnet", "fix": {"family": "capsnet"}}
    with pytest.raises(UsageError, match="study 's' has its space: leave out"):
        service.space("s", "x.db", None, None, None, ("family=capsnet",))


def test_choices_are_asked_for_by_name(service):
    service._client.answer = b'[{"name": "lr_policy"}]'
    assert service.choices("capsnet", "lr_policy", None) == [("ChoiceView", {"name": "lr_policy"})]
    assert service._client.asked[0][1] == "choices?trainer=capsnet&name=lr_policy"
