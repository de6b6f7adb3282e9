"""The package itself."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib

import netable
from pages import ROOT


def test_version__is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert netable.__version__ == project["version"]
    assert "__version__" in dir(netable)


def test_version__loads_nothing_heavy() -> None:
    code = "import sys, netable; netable.__version__; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    assert not {"torch", "numpy", "pyarrow", "sklearn"} & set(loaded)


def test_all__public_names__are_known_to_type_checkers() -> None:
    tree = ast.parse((ROOT / "src/netable/__init__.py").read_text(encoding="utf-8"))
    blocks = [node for node in tree.body if isinstance(node, ast.If)]
    imported = {
        alias.name
        for block in blocks
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert imported == set(netable.__all__)
