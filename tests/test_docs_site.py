"""The site of the documentation: its menu names every page, and its reference what the package has."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest

import netable
from links import lead_links
from netable.config.settings import SETTINGS
from pages import ROOT, Page
from settings import MARK, settings_tables

DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
REFERENCE = [path for path in PAGES if path.startswith("reference/")]
IDENTIFIERS = [
    name
    for path in REFERENCE
    for name in re.findall(r"^::: (\S+)$", (DOCS / path).read_text(encoding="utf-8"), re.MULTILINE)
]


def resolve(dotted: str) -> Any:
    """The module, class or function that a dotted name leads to, as the reference finds it."""
    parts = dotted.split(".")
    value: Any = importlib.import_module(parts[0])
    for end, part in enumerate(parts[1:], start=2):
        try:
            value = getattr(value, part)
        except AttributeError:
            value = importlib.import_module(".".join(parts[:end]))
    return value


def test_menu__pages__are_all_named() -> None:
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2].partition("\n\n")[0]

    assert sorted(re.findall(r": (\S+\.md)$", menu, re.MULTILINE)) == [
        path for path in PAGES if not path.endswith(".ko.md")
    ]


@pytest.mark.parametrize("name", IDENTIFIERS)
def test_reference__each_name__is_in_the_package(name: str) -> None:
    assert resolve(name).__doc__


def test_reference__public_names__are_all_there() -> None:
    documented = [resolve(name) for name in IDENTIFIERS]
    public = [getattr(netable, name) for name in netable.__all__ if name != "__version__"]

    assert netable.errors in documented  # with all of its classes
    assert [x for x in public if x not in documented and x.__module__ != "netable.errors"] == []


@pytest.mark.parametrize("path", PAGES)
def test_page__links_to_files__lead_to_one(path: str) -> None:
    for link in Page(f"docs/{path}").links():
        target = link.partition("#")[0]
        if target and "://" not in target:
            assert (DOCS / path).parent.joinpath(target).exists(), (
                f"{path} leads to {link}, which is not there"
            )


def test_lead_links__out_of_docs__lead_to_the_repository_or_a_picture_of_the_site() -> None:
    text = "[한국어](guide.ko.md)\n[a](../README.md#b) ![c](../examples/guide/neuron.svg) [d](a.md) [e](../examples)"

    assert lead_links(text, "guide.md") == (
        "[a](https://github.com/netable/netable/blob/main/README.md#b) ![c](examples/guide/neuron.svg) [d](a.md) "
        "[e](https://github.com/netable/netable/tree/main/examples)"
    )
    assert lead_links("[a](../explain.md)", "reference/explanation.md") == "[a](../explain.md)"
    assert lead_links("![a](../../examples/a.svg)", "reference/nn.md") == "![a](../examples/a.svg)"


def test_settings__of_a_run__are_each_in_a_table_of_the_reference() -> None:
    named = re.findall(r"^\| `(\w+)` \| `.+` \| .+ \|$", settings_tables(), re.MULTILINE)

    assert sorted(named) == sorted(SETTINGS)
    assert MARK in (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
