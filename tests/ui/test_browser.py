"""The page in Chromium, driven by Selenium; with NETABLE_AXE, the path of axe.min.js, axe-core looks at it, too."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pyarrow.csv
import pytest

from netable.fit.progress_file import read_course
from netable.fit.resume.run_folder import CHECKPOINTS, PROGRESS
from ui_pages import ui_process, wait_for

webdriver = pytest.importorskip("selenium.webdriver")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.posix,
    pytest.mark.skipif(
        not CHROMIUM or not DRIVER, reason="there is no chromium with its driver on this machine"
    ),
]
AXE = os.environ.get("NETABLE_AXE")


class Browser:
    """Chromium at the page of a process."""

    def __init__(self, driver, address: str) -> None:
        self.driver, self.address = driver, address

    def open(self, path: str) -> None:
        self.driver.get(f"{self.address}{path}")

    def find(self, selector: str):
        """The element of a selector, once it is there."""
        return wait_for(lambda: next(iter(self.driver.find_elements("css selector", selector)), None))

    def click(self, text: str) -> None:
        """Click the button or link with a text, once it is there."""
        path = f"//button[normalize-space()='{text}'] | //a[normalize-space()='{text}']"
        wait_for(lambda: next(iter(self.driver.find_elements("xpath", path)), None)).click()

    def text(self, selector: str = "body") -> str:
        """The text of an element, which a script may replace at any time; empty if there is none."""
        script = "return (document.querySelector(arguments[0]) || {innerText: ''}).innerText"
        return str(self.driver.execute_script(script, selector))

    def sees(self, text: str) -> None:
        """Wait for a text on the page."""
        wait_for(lambda: text in self.text())

    def choose(self, selector: str, text: str) -> None:
        """Choose an option, and wait for the page that follows."""
        before = self.driver.current_url
        self.find(f"{selector}").find_element("xpath", f"./option[.='{text}']").click()
        wait_for(lambda: self.driver.current_url != before)

    def train(self, table: Path, **typed: str) -> None:
        """Upload a table and train on it to predict `price`."""
        self.open("")
        self.find("#table").send_keys(str(table))
        self.click("Look at it")
        self.choose("#target", "price")
        self.find("input[value=fast]").click()
        for name, text in typed.items():
            self.find(f"#{name}").send_keys(text)
        self.check()
        self.click("Train")

    def check(self) -> None:
        """The browser has complained of nothing, and neither does axe-core."""
        assert [line for line in self.driver.get_log("browser") if line["level"] != "INFO"] == []
        if AXE:
            self.driver.execute_script(Path(AXE).read_text("utf-8"))
            found = self.driver.execute_async_script("axe.run(document, {iframes: false}).then(arguments[0])")
            assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--disable-gpu", "--no-first-run", "--disable-background-networking"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    folder = str(tmp_path_factory.mktemp("downloads"))
    options.add_experimental_option("prefs", {"download.default_directory": folder})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    made = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    made.downloads = Path(folder)
    yield made
    made.quit()


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def browser(driver, runs: Path) -> Iterator[Browser]:
    with ui_process(runs) as (_, address, token):
        driver.get(f"{address}?token={token}")
        yield Browser(driver, address)


@pytest.mark.slow
def test_browser__from_a_table_to_predictions(browser, driver, houses_csv):
    browser.check()
    browser.train(houses_csv, max_epochs="2")
    browser.sees("Training is complete.")
    browser.check()

    driver.switch_to.frame(browser.find("iframe.report"))
    assert driver.find_element("tag name", "h1").text
    driver.switch_to.default_content()

    browser.click("What if? Ask about one row")
    browser.sees("The nearest real rows")
    browser.check()
    before = browser.text("#answer table")
    slider = browser.find("input[type=range]")
    slider.send_keys("\ue012" * 30)  # the left arrow
    wait_for(lambda: browser.text("#answer table") not in ("", before))
    assert browser.find(f"#{slider.get_attribute('data-for')}").get_attribute(
        "value"
    ) == slider.get_attribute("value")
    browser.find("#cell-0").send_keys("x")
    browser.sees("'size'")
    browser.check()

    browser.open("runs/houses")
    browser.find("#table").send_keys(str(houses_csv))
    browser.click("Predict")
    browser.click("Download the predictions as CSV")
    file = driver.downloads / "predictions-houses.csv"
    wait_for(file.exists)
    assert pyarrow.csv.read_csv(file).num_rows == 120
    browser.check()
    for path in ("runs/houses/delete", "compare?run=houses"):
        browser.open(path)
        browser.check()


@pytest.mark.slow
def test_browser__run_that_is_killed__goes_on_in_two_tabs_and_keeps_its_model(
    browser, driver, runs, houses_csv
):
    browser.train(houses_csv, max_epochs="100000", time_limit="600")
    folder = runs / "houses"
    browser.find("svg.losses polyline")
    browser.check()
    wait_for(lambda: any((folder / CHECKPOINTS).glob("*.checkpoint")))
    killed = read_course(folder / PROGRESS).pid
    os.kill(killed, signal.SIGKILL)
    browser.sees("Training was broken off")

    first = driver.current_window_handle
    driver.switch_to.new_window("tab")
    browser.open("runs/houses")
    browser.click("Go on with the training")
    # Before it learns, there is nothing to keep.
    wait_for(lambda: (course := read_course(folder / PROGRESS)).pid != killed and course.stacks)
    driver.switch_to.window(first)
    browser.open("runs/houses")
    browser.click("Stop and keep what was learned")
    browser.sees("Training was stopped")
    driver.switch_to.window(driver.window_handles[1])
    browser.sees("Training was stopped")  # this tab has followed
    driver.close()
    driver.switch_to.window(first)
    browser.click("What if? Ask about one row")
    browser.sees("Prediction")


def test_browser__keyboard_alone__reaches_every_control_and_a_broken_file_is_one_line(
    browser, driver, tmp_path
):
    (tmp_path / "broken.csv").write_bytes(b"\x89PNG and more")

    browser.open("")
    seen = tabbed(driver)
    browser.find("#table").send_keys(str(tmp_path / "broken.csv"))
    browser.click("Look at it")

    assert seen[0] == "Skip to the text"
    assert {"netable", "table", "Look at it"} <= {*seen}
    browser.sees("broken.csv: not a table, but a picture")


def tabbed(driver) -> list[str]:
    """The names of what the tab key reaches, in its order."""
    seen: list[str] = []
    while True:
        webdriver.ActionChains(driver).send_keys("\ue004").perform()
        element = driver.switch_to.active_element
        name = element.text.strip() or element.get_attribute("id") or element.tag_name
        if name in seen or element.tag_name == "body":
            return seen
        seen.append(name)
    return seen
