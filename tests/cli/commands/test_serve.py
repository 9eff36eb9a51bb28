import pytest

from paretocaps import extras
from paretocaps.web.guard.options import GuardOptions


def test_a_missing_extra_is_one_line(run, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda library: None if library == "fastapi" else library)
    result = run("serve")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert "pip install 'paretocaps[serve]'" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "99999"], "99999"),
        (["--storage", "nowhere://x"], "nowhere"),
        (["--slice", "soon"], "slice="),
        (["--parallel", "0"], "--parallel"),
        (["--audit", "0"], "--audit"),
        (["--folder", __file__], "is a file: name a folder"),
        (["--data-root", "/data/imgaes"], "--data-root /data/imgaes is no folder: make it"),
    ],
)
def test_wrong_use_is_one_line(run, arguments, message):
    result = run("serve", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr


def test_the_options_are_the_settings(run, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr("paretocaps.web.api.server.serve", lambda settings, ready: asked.append(settings))
    assert run("serve", "--port", "0", "--data-root", tmp_path, "--no-supervise").exit_code == 0
    assert (asked[0].port, asked[0].data_root, asked[0].supervise) == (0, tmp_path, False)
    given = ["--tokens", tmp_path, "--proxy", "127.0.0.1", "--allow-host", "a.org", "--allow-host", "b.org"]
    assert run("serve", *given, "--rate", "10", "--audit", "50").exit_code == 0
    assert asked[1].guard == GuardOptions(
        tokens=tmp_path, allow_hosts=("a.org", "b.org"), proxies=("127.0.0.1",), rate=10.0, audit=50
    )
    assert run("serve", "--parallel", "3", "--slice", "2m").exit_code == 0
    assert (asked[2].parallel, asked[2].slice, asked[2].supervise) == (3, 120.0, True)
