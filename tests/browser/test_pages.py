"""What must hold of every page in a real browser."""

import pytest

WIDTHS = pytest.mark.parametrize("width", [1280, 390])
PAGES = pytest.mark.parametrize("name", ["report", "runs", "evaluation"])


@PAGES
@WIDTHS
def test_a_page_opens_without_an_error_and_asks_no_network(request, opened, name, width):
    path = request.getfixturevalue(name)
    with opened(path, width) as shown:
        assert shown.errors == []
        assert [url for url in shown.requests if not url.startswith(("data:", "blob:", path.as_uri()))] == []
        shown.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert shown.errors == [], "a figure below the first screen"
        reach = shown.page.evaluate("document.documentElement.scrollWidth")
        assert reach <= width, "the page is wider than the window"


@PAGES
@WIDTHS
def test_axe_finds_nothing_serious(request, opened, name, width):
    with opened(request.getfixturevalue(name), width) as shown:
        shown.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert shown.serious() == []
