"""What the first page of a service would wait for, done before it is asked for."""

from paretocaps.domain.objective import parse_objectives
from paretocaps.pareto.decision import knee
from paretocaps.web.pages.rendering import templates

_TRADES = [[0.9, 4.0], [0.8, 3.0], [0.7, 2.0], [0.6, 1.0]]


def prepare_pages() -> None:
    """Compile the templates of the pages, and import what the knee of a front needs."""
    for name in templates().list_templates(extensions=("jinja",)):
        templates().get_template(name)
    knee(_TRADES, parse_objectives("acc,params"))
