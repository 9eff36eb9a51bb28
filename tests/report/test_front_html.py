from dataclasses import replace

from paretocaps.domain.requirement import parse_requirements
from paretocaps.report.front_html import front_html


def test_it_says_within_which_bounds_and_escapes_names(front):
    bounded = replace(front, study="<demo>", requirements=parse_requirements(["acc>=0.9"]))
    shown = front_html(bounded)
    assert "<th>acc\N{NO-BREAK SPACE}↑</th>" in shown
    assert "<caption>&lt;demo&gt;: 3 members; within acc&gt;=0.9; bold: the best compromise" in shown


def test_the_collapsed_corner_and_the_nearest_have_tables_of_their_own(front):
    *members, last = front.members
    apart = replace(front, members=tuple(members), corner=(last,), below=0.9)
    assert front_html(apart).count("<table>") == 2
    assert "<caption>1 trial apart: acc below 0.9</caption>" in front_html(apart)
    bounds = parse_requirements(["acc>=0.999"])
    near = replace(front, members=(), nearest=tuple(members[:1]), requirements=bounds)
    assert "misses acc&gt;=0.999 by" in front_html(near)
