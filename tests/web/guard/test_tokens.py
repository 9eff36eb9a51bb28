import os

import pytest

from paretocaps.errors import UsageError
from paretocaps.web.guard.principal import Principal
from paretocaps.web.guard.tokens import (
    Token,
    find,
    local_token,
    refuse_alike,
    tokens_of_environment,
    tokens_of_file,
)

SECRET = "a-secret-of-twenty-four-or-more"
ALICE = f'[alice]\nsecret = "{SECRET}"\nrole = "run"\n'


def written(folder, text, mode=0o600):
    file = folder / "tokens.toml"
    file.write_text(text)
    file.chmod(mode)
    return file


def test_a_file_has_names_secrets_roles_and_quotas(tmp_path):
    alice = f"{ALICE}max_trials = 50\nmax_hours = 2.5\nmax_priority = 5\n"
    text = f'{alice}[bob]\nsecret = "{SECRET}2"\nrole = "read"\n'
    assert tokens_of_file(written(tmp_path, text)) == (
        Token(Principal("alice", "run", 50, 2.5, 5), SECRET),
        Token(Principal("bob", "read"), f"{SECRET}2"),
    )


def test_a_secret_is_in_no_text_of_a_token():
    assert SECRET not in repr(Token(Principal("alice", "run"), SECRET))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_that_is_open_to_others_is_refused(tmp_path, mode):
    with pytest.raises(UsageError, match=rf"is open to others \({mode:04o}\): chmod 600 .*tokens.toml"):
        tokens_of_file(written(tmp_path, ALICE, mode))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[alice", "cannot be read: it is not valid TOML"),
        (
            '[alice]\nsecret = "short"\nrole = "run"\n',
            "alice.secret: a secret has 24 to 256 .*: make one with python",
        ),
        (f'[alice]\nsecret = "{SECRET} x"\nrole = "run"\n', "alice.secret: a secret has"),
        (
            f'[alice]\nsecret = "{SECRET}"\nrole = "root"\n',
            "alice.role: it should be 'read', 'run' or 'admin'",
        ),
        (f'[alice]\nsecret = "{SECRET}"\n', "alice.role: Field required"),
        (f"{ALICE}max_trials = 0\n", "alice.max_trials: it should be greater than or equal to 1"),
        (f"{ALICE}max_priority = 101\n", "alice.max_priority: it should be less than or equal to 100"),
        (f"{ALICE}max_hour = 1\n", "alice.max_hour: Extra inputs are not permitted"),
        (ALICE.replace("alice", '"a b"'), "a b: a name has 1 to 40 letters"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_and_no_secret(tmp_path, text, told):
    with pytest.raises(UsageError, match=told) as raised:
        tokens_of_file(written(tmp_path, text))
    assert SECRET not in str(raised.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"tokens.toml' cannot be read: No such file"):
        tokens_of_file(tmp_path / "tokens.toml")


def test_the_environment_has_tokens_that_no_other_program_is_handed():
    environment = {"PARETOCAPS_TOKENS": f"alice:run:{SECRET}, bob:read:{SECRET}:2", "HOME": "/"}
    assert [(one.principal, one.secret) for one in tokens_of_environment(environment)] == [
        (Principal("alice", "run"), SECRET),
        (Principal("bob", "read"), f"{SECRET}:2"),
    ]
    assert environment == {"HOME": "/"}
    assert tokens_of_environment(environment) == ()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (SECRET, "entry 1 of PARETOCAPS_TOKENS is not NAME:ROLE:SECRET"),
        (f"alice:run:{SECRET},alice:run:{SECRET}", "entry 2 of PARETOCAPS_TOKENS names 'alice' again"),
        (f"alice:root:{SECRET}", "PARETOCAPS_TOKENS: alice.role: it should be"),
    ],
)
def test_what_is_wrong_in_the_environment_is_named_and_no_secret(given, told):
    with pytest.raises(UsageError, match=told) as raised:
        tokens_of_environment({"PARETOCAPS_TOKENS": given})
    assert SECRET not in str(raised.value)


def test_the_token_of_this_machine_is_made_once_for_its_owner(tmp_path):
    folder = tmp_path / "service"
    token = local_token(folder)
    assert token.principal == Principal("local", "admin")
    assert (folder.stat().st_mode & 0o777, (folder / "token").stat().st_mode & 0o777) == (0o700, 0o600)
    assert (folder / "token").read_text() == f"{token.secret}\n"
    assert local_token(folder) == token
    assert local_token(tmp_path / "other") != token


def test_the_token_of_this_machine_is_refused_where_others_can_read_it_or_it_is_none(tmp_path):
    local_token(tmp_path)
    (tmp_path / "token").write_text("no secret")
    with pytest.raises(UsageError, match=r"remove it to have another made\): local.secret: a secret has"):
        local_token(tmp_path)
    os.chmod(tmp_path / "token", 0o644)
    with pytest.raises(UsageError, match="is open to others"):
        local_token(tmp_path)


def test_a_start_that_was_killed_leaves_no_empty_token(tmp_path):
    (tmp_path / "token").touch(mode=0o600)
    assert local_token(tmp_path).secret


def test_tokens_have_names_and_secrets_of_their_own():
    alice = Token(Principal("alice", "run"), SECRET)
    refuse_alike([alice, Token(Principal("bob", "run"), f"{SECRET}2")])
    with pytest.raises(UsageError, match="two tokens have the name 'alice'"):
        refuse_alike([alice, Token(Principal("alice", "read"), f"{SECRET}2")])
    with pytest.raises(UsageError, match="the tokens 'alice' and 'bob' have one secret"):
        refuse_alike([alice, Token(Principal("bob", "run"), SECRET)])


def test_a_token_is_found_by_its_secret(tokens):
    assert find(tokens, tokens[1].secret) == tokens[1]
    assert find(tokens, tokens[1].secret[:-1]) is None
    assert find(tokens, "") is None
    assert find(tokens, "\udcff") is None
