"""A real browser for tests of pages: Debian's Chromium, headless, through its WebDriver.

The fixture ``browser`` is in tests/e2e/conftest.py.  Tests that use it share one browser where they
are marked ``xdist_group("browser")``.
"""

from __future__ import annotations

import base64
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

CHROMIUM = Path("/usr/bin/chromium")
DRIVER = Path("/usr/bin/chromedriver")
#: Where scripts/test-servers.sh puts what the npm registry has.
NPM = Path(os.environ.get("REPRO_TEST_NPM", Path.home() / ".cache" / "repro-tests" / "npm"))
PHONE, DESKTOP = 360, 1280

_ARGUMENTS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-extensions", "--no-first-run", "--hide-scrollbars", "--force-color-profile=srgb",
)  # fmt: skip
_AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"], preload: false}).then(
  found => done(found.violations.map(each => [each.impact, each.id,
    each.nodes.slice(0, 5).map(node => node.target.join(" ") + ": " + node.failureSummary)])),
  error => done([["critical", String(error), []]]));
"""
_FOCUSABLE = """
const all = "a[href], button, summary, input, select, textarea, [tabindex='0']";
const there = [...document.querySelectorAll(all)].filter(
  each => !each.disabled && each.tabIndex >= 0 && each.checkVisibility({visibilityProperty: true}));
window.reached = new Map();
document.addEventListener("focusin", event => {
  const style = getComputedStyle(event.target);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  window.reached.set(event.target, outlined || style.boxShadow !== "none");
});
window.there = there.slice(0, arguments[0]);
return window.there.length;
"""
_NOT_REACHED = """
const name = each => each.tagName.toLowerCase() + " " + each.textContent.trim().slice(0, 60);
return window.there.filter(each => window.reached.get(each) !== true).map(
  each => name(each) + (window.reached.has(each) ? ": focus is not seen" : ": not reached"));
"""
_WIDE = """
const page = document.documentElement, edge = arguments[0];
if (page.scrollWidth <= edge && document.body.scrollWidth <= edge) return [];
return [...document.querySelectorAll("body *")].filter(
  each => each.getBoundingClientRect().right > edge + 0.5).slice(0, 10).map(
  each => each.tagName + "." + (each.getAttribute("class") || "") + " "
    + Math.round(each.getBoundingClientRect().right));
"""
_SMALL = """
const found = new Set(), walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const size = each => {
  const own = parseFloat(getComputedStyle(each).fontSize), drawn = each.closest("svg");
  const scale = drawn && each.getScreenCTM ? each.getScreenCTM().a : 1;
  return own * scale;
};
while (walk.nextNode()) {
  const text = walk.currentNode, on = text.parentElement;
  if (text.data.trim() && on.checkVisibility() && size(on) < arguments[0] - 0.1)
    found.add(size(on).toFixed(1) + "px: " + text.data.trim().slice(0, 60));
}
return [...found];
"""


class Browser:
    """One window.  What was said and asked for is that of the page opened last."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver
        self._page, self._width = "", DESKTOP
        self._said: list[str] = []
        self._asked: list[str] = []

    def open(self, page: str | Path, *, width: int = DESKTOP, dark: bool = False) -> None:
        """Load a page (a URL, or a file) in a window ``width`` CSS pixels wide."""
        self._page = page.resolve().as_uri() if isinstance(page, Path) else page
        self._width, phone = width, width < 600
        self._cdp(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=800 if phone else 900, deviceScaleFactor=1, mobile=phone,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._cdp("Emulation.setEmulatedMedia", features=[scheme])
        self._read_logs()
        self._said, self._asked = [], []
        self.driver.get(self._page)

    @property
    def console(self) -> list[str]:
        """Warnings and errors that the page caused."""
        self._read_logs()
        return self._said

    @property
    def requests(self) -> list[str]:
        """What the page asked for, itself and ``data:`` left out."""
        self._read_logs()
        own = self._page.split("#", 1)[0]
        return [url for url in self._asked if url != own and not url.startswith("data:")]

    @property
    def text(self) -> str:
        """What can be read on the page."""
        return str(self.script("return document.body.innerText"))

    def violations(self) -> list[str]:
        """What axe-core finds that is serious or critical."""
        self.driver.execute_script(npm_file("axe-core", "axe.min.js").decode())
        found = self.driver.execute_async_script(_AXE)
        return [
            "\n  ".join((f"{impact}: {rule}", *nodes))
            for impact, rule, nodes in found
            if impact in ("serious", "critical")
        ]

    def unreachable(self, most: int = 150) -> list[str]:
        """Links and controls, of the first ``most``, that Tab does not reach, or not visibly."""
        from selenium.webdriver import ActionChains, Keys

        count = self.script(_FOCUSABLE, most)
        keys = ActionChains(self.driver, duration=0)
        for _ in range(count + 1):
            keys.send_keys(Keys.TAB)
        keys.perform()
        return list(self.script(_NOT_REACHED))

    def too_wide(self) -> list[str]:
        """What makes the page scroll sideways."""
        return list(self.script(_WIDE, self._width))

    def small_text(self, least: float = 12) -> list[str]:
        """Text drawn smaller than ``least`` CSS pixels, in pictures too."""
        return list(self.script(_SMALL, least))

    def script(self, source: str, *arguments: Any) -> Any:
        """What a function with this body returns in the page."""
        return self.driver.execute_script(source, *arguments)

    def screenshot(self, path: Path, *, whole: bool = True, height: int = 12_000) -> None:
        """The page as a PNG file; ``whole``: also what is below the window, up to ``height``."""
        area: dict[str, Any] = {}
        if whole:
            page = "document.documentElement"
            wide, high = self.script(f"return [{page}.clientWidth, {page}.scrollHeight]")
            clip = {"x": 0, "y": 0, "width": wide, "height": min(high, height), "scale": 1}
            area = {"clip": clip, "captureBeyondViewport": True}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self._cdp("Page.captureScreenshot", **area)["data"]))

    def _cdp(self, command: str, **arguments: Any) -> dict[str, Any]:
        return dict(self.driver.execute_cdp_cmd(command, arguments))

    def _read_logs(self) -> None:
        for entry in self.driver.get_log("browser"):
            if entry["level"] in ("WARNING", "SEVERE"):
                self._said.append(entry["message"])
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self._asked.append(message["params"]["request"]["url"])


@contextmanager
def a_browser() -> Iterator[Browser]:
    """A browser with a profile of its own; skips the test where Chromium is not installed."""
    if not (CHROMIUM.exists() and DRIVER.exists()):
        pytest.skip("Debian's chromium and chromium-driver are not installed")
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    options = ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for argument in _ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options, ChromeService(str(DRIVER)))
    try:
        driver.set_page_load_timeout(60)
        driver.set_script_timeout(60)
        yield Browser(driver)
    finally:
        driver.quit()


def npm_file(package: str, name: str) -> bytes:
    """A file of an npm package; skips the test where the package was not fetched."""
    archives = sorted(NPM.glob(f"{package}-[0-9]*.tgz"))
    if not archives:
        pytest.skip(f"{package} is not in {NPM}: scripts/test-servers.sh fetches it")
    with tarfile.open(archives[-1]) as archive:
        member = archive.extractfile(f"package/{name}")
        assert member is not None
        return member.read()
