"""The examples of docstrings print what they show."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

from pages import ROOT

FOLDERS = [ROOT / "src", ROOT / "docs" / "site"]
FILES = [path for folder in FOLDERS for path in sorted(folder.rglob("*.py"))]
TEXTS = {path: path.read_text(encoding="utf-8") for path in FILES}


def module_name(path: Path) -> str:
    """The dotted name under which a file is imported."""
    folder = next(folder for folder in FOLDERS if folder in path.parents)
    parts = path.relative_to(folder).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


@pytest.mark.parametrize("name", [module_name(path) for path, text in TEXTS.items() if ">>> " in text])
def test_examples__of_a_module__print_what_they_show(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    results = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)

    assert results.attempted
    assert not results.failed  # doctest prints which, and what they printed


def test_examples__none__is_skipped() -> None:
    assert [path.name for path, text in TEXTS.items() if "doctest: +SKIP" in text] == []
