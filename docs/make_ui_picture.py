"""Train on a table in the browser and ask about a row: `python docs/make_ui_picture.py` writes docs/ui.png."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import sleep
from typing import Any

from PIL import Image
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait
from sklearn.datasets import load_diabetes

PICTURE = Path(__file__).with_name("ui.png")
WIDTH, HEIGHT = 1180, 900
COLORS = 64
SECONDS = 300


def write_table(folder: Path) -> Path:
    """The diabetes table of scikit-learn: 442 rows, a number to predict."""
    path = folder / "diabetes.csv"
    load_diabetes(as_frame=True, scaled=False).frame.rename(columns={"target": "progression"}).to_csv(
        path, index=False
    )
    return path


def ask(driver: Any, address: str, table: Path) -> bytes:
    """Upload, train, ask; a picture of the answer."""
    wait = WebDriverWait(driver, SECONDS)

    def find(selector: str) -> Any:
        return wait.until(lambda _: driver.find_element("css selector", selector))

    driver.get(address)
    find("#table").send_keys(str(table))
    find("button.main").click()
    find("#target").find_element("xpath", "./option[.='progression']").click()
    wait.until(lambda _: "target=" in driver.current_url)
    find("input[value=fast]").click()
    find("button.main").click()
    wait.until(lambda _: driver.find_elements("css selector", "a.button.main"))
    find("a.button.main").click()
    find("#reasons table")
    sleep(1)
    picture: bytes = driver.get_screenshot_as_png()
    return picture


def main() -> None:
    """Start the page and Chromium, and write the picture with few colours."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--hide-scrollbars",
        f"--window-size={WIDTH},{HEIGHT}",
    ):
        options.add_argument(argument)
    # With its path, Selenium does not look for a driver on the network.
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "netable", "ui", "--no-browser", "--port", "0"]
        with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as page:
            assert page.stderr
            address = re.search(r"http://\S+", page.stderr.readline())
            assert address
            try:
                shown = ask(driver, address[0], write_table(Path(folder)))
            finally:
                driver.quit()
                page.terminate()
    Image.open(io.BytesIO(shown)).convert("RGB").quantize(COLORS).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
    sys.stdout.write(f"{PICTURE}\n")
