"""MkDocs hooks for links that leave docs/: pictures come into the site, other files are shown in the repository.

GitHub shows the same pages, so they link to files of the repository by relative paths.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # not needed to test the links
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
REPOSITORY = "https://github.com/netable/netable"
# Not those of other servers, and none within the page.
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pictures of examples and benchmarks, under the paths that they have in the repository."""
    from mkdocs.structure.files import File

    for picture in sorted([*ROOT.glob("examples/*/*.svg"), *ROOT.glob("benchmarks/*/results/*.svg")]):
        path = picture.relative_to(ROOT).as_posix()
        files.append(File(path, str(ROOT), config.site_dir, config.use_directory_urls))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead each link of a page that leaves docs/ to its place in the site or in the repository."""
    return lead_links(markdown, page.file.src_uri)


def lead_links(markdown: str, path: str) -> str:
    """Rewrite the links of a page that lead out of docs/.

    Parameters
    ----------
    markdown : str
    path : str
        Of the page, within docs/.

    Examples
    --------
    >>> lead_links("[security](../SECURITY.md)", "guide.md")
    '[security](https://github.com/netable/netable/blob/main/SECURITY.md)'
    """
    folder, name = posixpath.split(path)

    def led(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join("docs", folder, link[1]))
        if target.startswith("docs/"):
            return link[0]
        if target.endswith(".svg"):
            return f"]({posixpath.relpath(target, folder or '.')})"
        kind = "tree" if (ROOT / target).is_dir() else "blob"
        return f"]({REPOSITORY}/{kind}/main/{target}{link[2] or ''})"

    # The line that leads to the same page in the other language: the site has a menu for it.
    language = re.compile(rf"^\[\w+\]\({name.split('.')[0]}(\.\w\w)?\.md\)\n", re.MULTILINE)
    return LINK.sub(led, language.sub("", markdown))
