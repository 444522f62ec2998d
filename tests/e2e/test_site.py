"""The site in a real browser, opened from its files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from repro.catalog import Catalog
from repro.settings import Settings
from repro.site import build, issue_path, run_path
from tests.browser import DESKTOP, PHONE, Browser
from tests.e2e.conftest import Repro
from tests.unit.site import histories

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

ISSUES, PRODUCTS, RUNS = 40, 4, 2000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a history of a year and a half."""
    folder = tmp_path_factory.mktemp("site")
    settings = Settings(home=folder / "home", cache=folder / "cache")
    histories.a_home(settings, ISSUES, PRODUCTS, RUNS)
    build(settings, folder / "out", Catalog(settings))
    return folder / "out"


def a_page(site: Path, kind: str) -> Path:
    return min(site.glob(kind))


PAGES = ("index.html", "issues.html", "products.html", "issues/*.html", "products/*.html",
         "runs/*/*.html")  # fmt: skip


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("kind", PAGES)
def test_it_is_readable_and_asks_for_nothing(
    browser: Browser, site: Path, kind: str, *, dark: bool
) -> None:
    page = a_page(site, kind)
    for width in (DESKTOP, PHONE):
        browser.open(page, width=width, dark=dark)
        assert browser.console == []
        own = site.resolve().as_uri()
        assert [url for url in browser.requests if not url.startswith(own)] == []
        assert browser.violations() == []
        assert browser.too_wide() == []
        assert browser.small_text() == []


@pytest.mark.parametrize("kind", PAGES)
def test_the_keyboard_reaches_all_of_it(browser: Browser, site: Path, kind: str) -> None:
    browser.open(a_page(site, kind))
    assert browser.unreachable(60) == []


def search(browser: Browser, text: str) -> list[str]:
    """What the search box finds: the text of each link, once there is any or none."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    box = browser.driver.find_element(By.ID, "search")
    box.clear()
    box.send_keys(text)
    count = browser.driver.find_element(By.ID, "found-count")
    WebDriverWait(browser.driver, 60).until(lambda _: count.text not in ("", "nothing found"))
    links = "return [...document.querySelectorAll('#found-list a')].map(each => each.textContent)"
    return list(browser.script(links))


def arrive(browser: Browser, part: str) -> None:
    """Wait until a click has led to a page with that in its address."""
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser.driver, 60).until(lambda driver: part in driver.current_url)


def test_the_search_finds_issues_by_their_words(browser: Browser, site: Path) -> None:
    known = histories.known_issues(ISSUES, PRODUCTS)[7]
    browser.open(site / "index.html")
    # A word of the title, and the product: in another order than they stand, and in capitals.
    found = search(browser, f"PRODUCT-3 {known.title.split()[-1]}")
    assert known.case in found
    browser.driver.execute_script("document.querySelector('#found-list a').click()")
    arrive(browser, "/issues/")
    assert browser.console == []


def test_the_search_finds_runs_from_any_page(browser: Browser, site: Path) -> None:
    run = a_page(site, "runs/*/*.html")
    browser.open(a_page(site, "issues/*.html"))
    assert search(browser, run.stem[:22])[0] == run.stem
    browser.driver.execute_script("document.querySelector('#found-list a').click()")
    arrive(browser, run.resolve().as_uri())
    assert run.stem in browser.text


def test_escape_closes_the_search(browser: Browser, site: Path) -> None:
    from selenium.webdriver import ActionChains, Keys

    browser.open(site / "index.html")
    assert search(browser, "product")
    ActionChains(browser.driver).send_keys(Keys.ESCAPE).perform()
    assert browser.script("return document.getElementById('found').hidden") is True
    assert browser.script("return document.activeElement.id") == "search"


def test_links_lead_from_the_first_page_to_a_run(browser: Browser, site: Path) -> None:
    browser.open(site / "index.html")
    for inside in ("/products/", "/issues/", "/runs/"):
        browser.driver.execute_script(
            "document.querySelector(`main a[href*='${arguments[0]}'], "
            "main a[href*='${arguments[0].slice(1)}']`).click()",
            inside,
        )
        arrive(browser, inside)
    assert "All that was observed" in browser.text


def test_the_first_page_of_a_large_history_is_small(site: Path) -> None:
    assert (site / "index.html").stat().st_size < 150_000


@pytest.mark.engine
def test_the_command_shows_a_run_that_was_made(repro: Repro, tmp_path: Path) -> None:
    """The run's page, and its full report where that is asked for."""
    case = "black-fstring-multiline"
    done = repro("run", "--json", f"cases/{case}.yml")
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)["run"]
    out = tmp_path / "site"
    # Others use this home too, so it may not be the newest run of its case any more.
    built = repro("site", "-o", str(out), "--reports", "20")
    assert built.returncode == 0, built.stderr
    assert "pages written" in built.stdout
    page = (out / run_path(run)).read_text("utf-8")
    report = f"reports/{run[:6]}/{run}.html"
    assert "reproduced" in page
    assert f'href="../../{report}"' in page
    assert run in (out / report).read_text("utf-8")
    assert (out / issue_path(case)).is_file()
