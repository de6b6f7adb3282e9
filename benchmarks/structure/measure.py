"""Figures of the package's structure: entries at its top, circles, chains of imports, lines, frames to a training step.

    python -m benchmarks.structure.measure                 # of the checkout that this file is in
    python -m benchmarks.structure.measure OTHER/src       # of another checkout, such as an older one

Counts read the syntax trees. The frames are those of the package's own files, counted in a child process at the first
step of a small run, once below the terminal's `main` and once below `NetClassifier.fit`.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_FRAMES = """
import os, sys, tempfile, threading
import netable
PACKAGE = os.path.dirname(netable.__file__)
main = threading.main_thread().ident

def ours(frame):
    names = []
    while frame:
        if frame.f_code.co_filename.startswith(PACKAGE):
            names.append(f"{os.path.relpath(frame.f_code.co_filename, PACKAGE)}:{frame.f_code.co_name}")
        frame = frame.f_back
    return names[::-1]

def watch(frame, event, argument):
    if event == "call" and frame.f_code.co_name == "train_step":
        stack = ours(frame)
        if threading.get_ident() != main:
            stack = ours(sys._current_frames()[main]) + stack
        print(*stack, sep="\\n", flush=True)
        os._exit(0)

rows = ["x,y"] + [f"{i / 8},{'ab'[i % 3 == 0]}" for i in range(300)]
threading.setprofile(watch)
"""
TERMINAL = (
    _FRAMES
    + """
from netable.cli import main as command
folder = tempfile.mkdtemp()
path = os.path.join(folder, "t.csv")
open(path, "w").write("\\n".join(rows) + "\\n")
sys.argv = ["netable", "train", path, "--target", "y", "--max-epochs", "1", "-o", os.path.join(folder, "run")]
sys.setprofile(watch)
command()
"""
)
ESTIMATOR = (
    _FRAMES
    + """
from netable import NetClassifier
X, y = [[i / 8] for i in range(300)], ["ab"[i % 3 == 0] for i in range(300)]
net = NetClassifier(max_epochs=1)
sys.setprofile(watch)
net.fit(X, y)
"""
)


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("src", nargs="?", type=Path, default=Path(__file__).parents[2] / "src")
    parser.add_argument("--stack", action="store_true", help="print the frames too")
    options = parser.parse_args()
    package = options.src.resolve() / "netable"
    terminal, estimator = frames(options.src, TERMINAL), frames(options.src, ESTIMATOR)
    if options.stack:
        print("below the terminal:", *terminal, sep="\n  ")
        print("below NetClassifier.fit:", *estimator, sep="\n  ")
    figures = {
        "top": top(package),
        "lines": sum(len(path.read_text(encoding="utf-8").splitlines()) for path in package.rglob("*.py")),
        "files": sum(1 for _ in package.rglob("*.py")),
        "modules in circles": len(in_circles(imports(package, lazy=True))),
        "longest chain of imports at module level": longest_chain(imports(package, lazy=False)),
        "longest chain of imports, local ones too": longest_chain(imports(package, lazy=True)),
        "frames from the terminal to a step": len(terminal),
        "frames from NetClassifier.fit to a step": len(estimator),
    }
    print(json.dumps(figures, indent=2))


def top(package: Path) -> dict[str, int]:
    """Python files and folders at the top of the package."""
    folders = [path for path in package.iterdir() if path.is_dir() and path.name != "__pycache__"]
    return {"files": len(list(package.glob("*.py"))), "folders": len(folders)}


def imports(package: Path, *, lazy: bool) -> dict[str, set[str]]:
    """Modules that each module imports; with `lazy` also within functions."""
    paths = {dotted(path, package): path for path in package.rglob("*.py")}
    del paths["netable"]  # it hands names on, when they are asked for
    needs = {}
    for name, path in paths.items():
        names = imported_by(ast.parse(path.read_text(encoding="utf-8")), lazy=lazy)
        modules = {imported if imported in paths else imported.rpartition(".")[0] for imported in names}
        needs[name] = modules & paths.keys() - {name}
    return needs


def dotted(path: Path, package: Path) -> str:
    """The name that a file is imported by."""
    return ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")


def imported_by(tree: ast.Module, *, lazy: bool) -> Iterator[str]:
    """Dotted names of imports; those for type checkers alone do not count."""
    nodes: list[ast.AST] = list(tree.body)
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        elif lazy or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            nodes.extend(ast.iter_child_nodes(node))


def in_circles(needs: dict[str, set[str]]) -> list[str]:
    """Modules that import themselves in the end, through others."""

    def reachable(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for other in needs[waiting.pop()] - seen:
                seen.add(other)
                waiting.append(other)
        return seen

    return sorted(name for name in needs if name in reachable(name))


def longest_chain(needs: dict[str, set[str]]) -> int:
    """Modules of the longest chain of imports; circles count as if their modules were left out."""
    left_out = set(in_circles(needs))

    @cache
    def length(name: str) -> int:
        return 1 + max((length(other) for other in needs[name] - left_out), default=0)

    return max(length(name) for name in needs.keys() - left_out)


def frames(src: Path, program: str) -> list[str]:
    """Frames of the package's own files at the first training step of a program, the outermost first."""
    environment = os.environ | {"PYTHONPATH": str(src.resolve()), "OMP_NUM_THREADS": "1"}
    child = subprocess.run(
        [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return child.stdout.splitlines()


if __name__ == "__main__":
    main()
