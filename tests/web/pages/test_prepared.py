import subprocess
import sys

_PREPARED = """
import sys
from paretocaps.web.pages.prepared import prepare_pages
from paretocaps.web.pages.rendering import templates
prepare_pages()
names = {name for _, name in templates().cache.keys()}
assert {"home.html.jinja", "study.html.jinja", "parts.html.jinja"} <= names, names
assert "pymoo.mcdm.high_tradeoff" in sys.modules
"""


def test_the_templates_are_compiled_and_the_knee_is_imported():
    subprocess.run([sys.executable, "-W", "error", "-c", _PREPARED], check=True, timeout=120)
