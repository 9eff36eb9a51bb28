import shlex

import click

from paretocaps.cli.app import app
from paretocaps.cli.next_commands import confirm_command, next_commands, report_command
from paretocaps.domain.study_spec import DEFAULT_STORAGE


def test_commands_name_another_storage_and_can_be_pasted():
    assert not any("--storage" in line for line in next_commands("demo", DEFAULT_STORAGE))
    lines = next_commands("my study", "sqlite:///a b.db")
    assert lines[0].startswith("paretocaps front 'my study' --storage 'sqlite:///a b.db' ")
    assert len(lines) == 3


def test_a_study_named_like_an_option_stays_a_name():
    lines = next_commands("-x", "sqlite:///b.db", "Fast GPU")
    front, report, _ = [shlex.split(line, comments=True)[1:] for line in lines]
    assert front == ["front", "--storage", "sqlite:///b.db", "--measured-on", "Fast GPU", "--all", "--", "-x"]
    for words in (front, report):
        context = app.get_command(click.Context(app), words[0]).make_context(words[0], words[1:])
        assert (context.params["argument"], context.params["measured_on"]) == ("-x", "Fast GPU")


def test_the_command_that_writes_a_page_names_the_storage():
    assert report_command("demo", DEFAULT_STORAGE) == "paretocaps report demo"
    assert report_command("a b", "sqlite:///c.db") == "paretocaps report 'a b' --storage sqlite:///c.db"


def test_commands_hide_passwords():
    url = "postgresql://me:pl4nted@host/db?sslpassword=pl4nted"
    commands = "\n".join(next_commands("demo", url))
    assert "pl4nted" not in commands
    assert commands.count("postgresql://me:***@host/db?sslpassword=***") == 3


def test_a_service_is_named_by_what_reads_from_it_and_by_nothing_that_trains_here():
    url = "https://host:8080"
    assert report_command("a b", url) == "paretocaps --server https://host:8080 report 'a b'"
    assert confirm_command("demo", url) == ""
    assert confirm_command("demo", "sqlite:///c.db") == "paretocaps confirm demo --storage sqlite:///c.db"
