from __future__ import annotations

import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

from netable.cli import app

PACKAGING = Path(__file__).parents[1] / "packaging"
PAGE = PACKAGING / "netable.1"
MAKE = runpy.run_path(str(PACKAGING / "make_man_page.py"))


def test_page__committed__is_made_from_the_help() -> None:
    assert PAGE.read_text(encoding="utf-8") == MAKE["man_page"](), "run make man"


def test_page__verbs_and_options__are_all_there() -> None:
    page = PAGE.read_text(encoding="utf-8").replace("\\-", "-")

    assert all(f".SS netable {verb}\n" in page for verb in app._VERBS)
    assert "\n\\fB-o\\fR, \\fB--output\\fR" in page
    assert "netable train houses.csv --target price -o runs/houses\n" in page


@pytest.mark.parametrize(
    ("line", "expected"), [("a-b \\n", "a\\-b \\en"), (".x", "\\&.x"), ("'x", "\\&'x"), ("→", "\\[u2192]")]
)
def test_escaped__instructions_of_roff__are_text(line: str, expected: str) -> None:
    assert MAKE["escaped"](line) == expected


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_page__formatted__raises_no_warning() -> None:
    ended = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", str(PAGE)], capture_output=True, text=True, check=True
    )

    assert ended.stderr == ""
    assert "netable - neural networks for tables" in ended.stdout
