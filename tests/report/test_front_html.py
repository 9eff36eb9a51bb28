from dataclasses import replace

from paretocaps.domain.requirement import parse_requirements
from paretocaps.report.front_html import front_html


def test_it_says_within_which_bounds_and_escapes_names(front):
    bounded = replace(front, study="<demo>", requirements=parse_requirements(["acc>=0.9"]))
    shown = front_html(bounded)
    assert "<caption>&lt;demo&gt;: 3 members; within acc&gt;=0.9; bold: the best compromise" in shown
