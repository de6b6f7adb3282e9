"""MkDocs hook: tables of all settings, from their descriptions in the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netable.config.fields import PANELS
from netable.config.settings import SETTINGS

if TYPE_CHECKING:  # not needed to test the tables
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

MARK = "<!-- settings -->"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the tables in the place of the mark."""
    return markdown.replace(MARK, settings_tables())


def settings_tables() -> str:
    """One table for each panel of the terminal's help, in Markdown."""
    lines = []
    for panel in PANELS:
        settings = [one for one in SETTINGS.values() if one.panel == panel]
        if settings:
            lines += [f"\n## {panel or 'Machine'}\n", "| setting | default | |", "|---|---|---|"]
        for one in settings:
            about = f"{one.about} {one.values.syntax}".strip()
            lines.append(f"| `{one.name}` | `{one.default!r}` | {about} |")
    return "\n".join(lines)
