"""Keeps the folders of a machine out of pages, which are sent to others."""

import re

# no part of a word, a URL or a relative path; a blank ends it
_ABSOLUTE = re.compile(r"(?<![\w.:/~+<-])(?:sqlite:///)?/(?:[^\s'\"<>;,()]*/)?([^\s'\"<>;,()/]+)/?")


def without_folders(text: str) -> str:
    """Return `text` with the last name of each absolute path in it: "x.db" for "/home/me/studies/x.db"."""
    return text if text.startswith("data:") else _ABSOLUTE.sub(r"\1", text)
