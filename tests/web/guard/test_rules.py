import pytest

from paretocaps.errors import UsageError
from paretocaps.web.guard.options import GuardOptions
from paretocaps.web.guard.rules import rules_of

SECRET = "a-secret-of-twenty-four-or-more"


def test_on_loopback_reading_is_open_and_a_token_is_made(tmp_path):
    rules = rules_of(GuardOptions(), "127.0.0.1", tmp_path, {})
    assert rules.open_reading
    assert rules.first_key.key
    assert [token.principal.name for token in rules.tokens] == ["local"]
    assert (tmp_path / "token").exists()


def test_behind_a_proxy_reading_needs_a_token_on_loopback_too(tmp_path):
    rules = rules_of(GuardOptions(proxies=("127.0.0.1",)), "localhost", tmp_path, {})
    assert not rules.open_reading


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "caps.example.org"])
def test_for_other_machines_there_must_be_a_token(tmp_path, host):
    with pytest.raises(
        UsageError, match=rf"--host {host} is reached from other machines, and there is no token"
    ):
        rules_of(GuardOptions(), host, tmp_path, {})
    rules = rules_of(GuardOptions(), host, tmp_path, {"PARETOCAPS_TOKENS": f"alice:run:{SECRET}"})
    assert [token.principal.name for token in rules.tokens] == ["alice"]
    assert not rules.open_reading
    assert rules.first_key is None
    assert not (tmp_path / "token").exists()


def test_tokens_of_file_and_environment_count_together(tmp_path):
    file = tmp_path / "tokens.toml"
    file.write_text(f'[bob]\nsecret = "{SECRET}2"\nrole = "read"\n')
    file.chmod(0o600)
    given = {"PARETOCAPS_TOKENS": f"alice:run:{SECRET}"}
    rules = rules_of(
        GuardOptions(tokens=file, allow_hosts=("Caps.Example.org.",)), "0.0.0.0", tmp_path, given
    )
    assert [token.principal.name for token in rules.tokens] == ["bob", "alice"]
    assert rules.hosts == {"caps.example.org"}
    with pytest.raises(UsageError, match="two tokens have the name 'bob'"):
        rules_of(GuardOptions(tokens=file), "::1", tmp_path, {"PARETOCAPS_TOKENS": f"bob:run:{SECRET}"})
