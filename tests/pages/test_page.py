from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from netable.config.settings import Settings
from netable.doctor import Verdict
from netable.errors import DataWarning
from netable.fit.fit import fit
from netable.pages.blocks import (
    Bars,
    Control,
    Findings,
    Frame,
    Interactive,
    Listing,
    Page,
    Panel,
    Paragraph,
    Section,
    Table,
)
from netable.pages.charts import bars
from netable.pages.page import page_text, shown
from netable.pages.svg import drawing
from netable.report import write_report
from page_reader import Reader
from small import QUICK

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'&amp;{{7*7}}"
CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report of a table whose names, levels and classes are markup."""
    rng = np.random.default_rng(0)
    size = rng.normal(size=160)
    table = pa.table(
        {
            f"size {HOSTILE}": size,
            f"city $x^2$ {HOSTILE}": rng.choice(["a" + HOSTILE, "b</svg><script>", "도시\u202e\x00"], 160),
            f"left </title> {HOSTILE}": pa.array([HOSTILE] * 160),
            f"target {HOSTILE}": np.where(size + rng.normal(size=160) > 0, "yes" + HOSTILE, "no]]>-->"),
        }
    )
    with pytest.warns(DataWarning):
        model = fit(table, Settings(target=f"target {HOSTILE}", **QUICK))
    told = {"id": "x", "severity": "note", "seen": HOSTILE, "why": HOSTILE, "try": HOSTILE}
    path = tmp_path_factory.mktemp("pages") / "report.html"
    write_report(replace(model, results=model.results | {"diagnosis": [told]}), path)
    return path.read_text(encoding="utf-8")


@pytest.mark.bad_input(74)
def test_page__hostile_names__stay_text(hostile_page):
    page = Reader(hostile_page)

    tags = {tag for tag, _ in page.elements}
    assert "img" not in tags
    assert sum(tag == "script" for tag, _ in page.elements) == 1
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert HOSTILE in page.text()
    assert "\u202e" not in hostile_page
    assert "\x00" not in hostile_page
    assert "49" not in re.findall(r"\{\{|\}\}|>49<", hostile_page)


@pytest.mark.bad_input(74)
def test_page__policy__allows_its_own_style_and_script_alone(hostile_page):
    policy = next(
        attributes["content"]
        for tag, attributes in Reader(hostile_page).elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    allowed = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        text = re.search(f"<{tag}>(.*?)</{tag}>", hostile_page, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert allowed[directive] == f"'sha256-{digest}'"
    assert allowed["default-src"] == "'none'"
    assert allowed["img-src"] == "data:"


def test_page__nothing__comes_from_elsewhere(hostile_page):
    page = Reader(hostile_page)

    for name in ("src", "href", "action", "data", "poster", "srcset"):
        assert not [value for value in page.attributes(name) if not value.startswith(("#", "data:,"))], name
    assert "http" not in re.sub(
        r"http-equiv", "", re.search(r"<style>.*?</style>", hostile_page, re.DOTALL)[0]
    )
    assert not list(page.attributes("style"))
    assert "@import" not in hostile_page


def test_page__identifiers__are_there_once_and_all_that_is_referred_to_is_there(hostile_page):
    page = Reader(hostile_page)

    ids = list(page.attributes("id"))
    assert len(ids) == len(set(ids))
    referred = {value.removeprefix("#") for value in page.attributes("href") if value.startswith("#")}
    referred |= set(re.findall(r"url\(#([^)]+)\)", hostile_page))
    for name in ("aria-labelledby", "aria-describedby"):
        referred |= {name for value in page.attributes(name) for name in value.split()}
    assert referred <= set(ids)


def test_page__figures__have_words_for_those_who_cannot_see_them(hostile_page):
    page = Reader(hostile_page)

    pictures = [a for tag, a in page.elements if tag == "svg" and "aria-hidden" not in a]
    assert len(pictures) > 8
    assert all(a["role"] == "img" and (a.get("aria-label") or a.get("aria-labelledby")) for a in pictures)
    assert page.headings()[0] == "h1"
    steps = [int(tag[1]) for tag in page.headings()]
    assert all(after - before <= 1 for before, after in pairwise(steps))
    assert ("html", {"lang": "en"}) in page.elements


def test_page__colours__are_those_of_the_reader(hostile_page):
    body = hostile_page.split("</head>")[1]

    assert not re.findall(r"#[0-9a-fA-F]{6}\b", body)
    assert "var(--series-1)" in body
    assert "prefers-color-scheme: dark" in hostile_page
    assert "@media print" in hostile_page


def contrast(first: str, second: str) -> float:
    """The contrast of two colours as WCAG 2.1 has it."""

    def luminance(color: str) -> float:
        parts = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        parts = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(parts @ [0.2126, 0.7152, 0.0722])

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_style__contrast__is_enough_in_light_dark_and_print():
    style = page_text(Page("t", "s", (), ()))
    themes = [
        dict(re.findall(r"--([\w-]+): (#\w{6});", block))
        for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    ]

    assert len(themes) == 3
    for theme in themes:
        for name in ("ink", "faint", "link", "serious", "warning", "note"):
            for paper in ("paper", "soft"):
                assert contrast(theme[name], theme[paper]) >= 4.5, (name, paper)
        for n in range(1, 7):
            assert contrast(theme[f"series-{n}"], theme["paper"]) >= 4.5


def test_page__blocks__are_numbered_and_sortable():
    rows = [("a", 1.5, 3), ("b", None, 20000), ("<c>", -2e-9, 1)]
    page = page_text(
        Page(
            "Title",
            "Sub",
            ["Short."],
            [
                Section(
                    "First",
                    [
                        Paragraph("<b>5%</b>"),
                        Table("One.", ("name", "value", "n"), rows),
                        Table("Two.", ("picture",), [(Bars((1, 0, 4)),)], foldable=True),
                        Listing("a < b"),
                        Findings([Verdict("an_id", "note", "s", "w", "t")]),
                    ],
                )
            ],
        )
    )

    assert "<b>Table 1.</b> One." in page
    assert "<details" in page.split("<b>Table 2.</b>")[0]
    assert '<td class="number" data-value="1.5">1.5</td>' in page
    assert '<td class="number">–</td>' in page
    assert '<td class="number" data-value="-2e-09">−2 × 10⁻⁹</td>' in page
    assert '<td class="number" data-value="20000">20,000</td>' in page
    assert '<th scope="row">&lt;c&gt;</th>' in page
    assert "<p>&lt;b&gt;5%&lt;/b&gt;</p>" in page
    assert "<code>a &lt; b</code>" in page
    assert '<svg class="bars" viewBox="0 0 15 18"' in page


def test_page__heads_of_tables__all_have_names(hostile_page):
    assert hostile_page.count('<th scope="col"') > 10
    assert not re.findall(r'<th scope="col"[^>]*>\s*</th>', hostile_page)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.5, "−0.5"),
        (1234.5, "1,234"),
        (12.3456, "12.35"),
        (float("inf"), "∞"),
        (float("nan"), "–"),
        (3e12, "3 × 10¹²"),
        (True, "yes"),
        (-12, "−12"),
        ("a\x1b[31m\u202e", "a�[31m�"),
        ("a\ufffe\uffff", "a��"),
    ],
)
def test_shown__values__are_short_and_plain(value, text):
    assert shown(value) == text


def browse(page: str, folder: Path) -> tuple[str, list[str], set[str]]:
    """The page as a browser renders it, its complaints, and the hosts that it asks."""
    folder.mkdir()
    file, log = folder / "page.html", folder / "net.json"
    file.write_text(page, encoding="utf-8")
    command = [
        str(CHROMIUM),
        "--headless=new",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
        "--enable-logging=stderr",
        f"--user-data-dir={folder / 'profile'}",
        f"--log-net-log={log}",
        "--virtual-time-budget=2000",
        "--dump-dom",
        *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
        file.as_uri(),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    console = [line for line in ended.stderr.splitlines() if "CONSOLE" in line]
    asked = re.findall(r'"url":"(?:https?|wss?|ftp)://([^/"]*)', log.read_text(encoding="utf-8"))
    return ended.stdout, console, set(asked)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")
def test_page__in_a_browser__complains_of_nothing_and_asks_for_nothing(hostile_page, tmp_path):
    _, _, own_hosts = browse("<!DOCTYPE html><title>empty</title>", tmp_path / "empty")
    page, console, hosts = browse(hostile_page, tmp_path / "report")

    assert not console
    assert hosts <= own_hosts
    # The script has run: it makes the heads of tables buttons.
    assert page.count('<button type="button">') > 10


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")
def test_page__with_something_added__is_held_back_by_the_policy(hostile_page, tmp_path):
    added = "<script>document.title = 'taken'</script><img src='http://localhost:9/x.png'></main>"
    page, console, hosts = browse(hostile_page.replace("</main>", added), tmp_path / "report")

    assert len([line for line in console if "Content Security Policy" in line]) >= 2
    assert "<title>taken" not in page
    assert "localhost:9" not in hosts


def moving_page() -> Page:
    """A page of a figure with a choice of two and a slider of three."""
    with drawing():
        charts = [bars(["a"], [n], "rows") for n in range(6)]
    frames = [Frame([Panel(chart, "Chart", f"chart {n}")], f"frame {n}") for n, chart in enumerate(charts)]
    controls = [
        Control("Kind", ("x", "y"), is_slider=False, start=1),
        Control("Size", ("1", "2", "3"), is_slider=True, start=1),
    ]
    figure = Interactive(controls, frames, "What moves.")
    return Page("움직이는 그림", "", [], [Section("One", [figure])], language="ko")


def test_interactive__without_scripts__shows_the_first_frame() -> None:
    text = page_text(moving_page())

    reader = Reader(text)
    frames = [attributes for tag, attributes in reader.elements if attributes.get("class") == "frame"]
    assert ["hidden" in attributes for attributes in frames] == [True] * 4 + [False, True]
    assert reader.elements[0] == ("html", {"lang": "ko"})
    assert "그림 1." in reader.text()
    assert "data-names" in text
    plain = page_text(replace(moving_page(), sections=[]))
    assert "figure.interactive" not in plain.partition("<script>")[2]


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")
def test_interactive__in_a_browser__has_controls(tmp_path: Path) -> None:
    page, console, _ = browse(page_text(moving_page()), tmp_path / "moving")

    assert not console
    (controls,) = re.findall(r'<div class="controls"[^>]*>', page)
    assert "hidden" not in controls
    assert 'aria-valuetext="2"' in page
    assert len(re.findall(r'<div class="frame" hidden="">', page)) == 5
