"""The rules of docs/architecture.md, held by reading every module's syntax tree."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "netable"
FLOORS = {
    **dict.fromkeys(
        (
            "errors",
            "config",
            "config_checks",
            "config_file",
            "files",
            "machine",
            "folder_lock",
            "checkpoint_folder",
            "plain_text",
            "strict_json",
        ),
        0,
    ),
    **dict.fromkeys(("table", "nn"), 1),
    "doctor": 1,
    "train": 2,
    **dict.fromkeys(
        (
            "build",
            "predictor",
            "model",
            "model_file",
            "model_bytes",
            "model_records",
            "overlap",
            "learned_from",
        ),
        3,
    ),
    **dict.fromkeys(("calibration", "intervals", "resampled"), 3),
    **dict.fromkeys(
        ("recipe", "target_choice", "prepare", "member_data", "members", "blend", "ensemble", "score"), 4
    ),
    **dict.fromkeys(("identity", "checkpoints"), 4),
    **dict.fromkeys(("evidence", "diagnosis", "fit", "online", "explain", "watch", "tensorboard"), 4),
    **dict.fromkeys(("arguments", "callbacks", "estimator_base", "estimators"), 5),
    "comparison": 5,
    "report": 5,
    **dict.fromkeys(("cli", "__main__"), 6),
}
# What a room must not know of the world outside.
FOREIGN = {
    "errors": ("torch",),
    "config": ("torch",),
    "config_file": ("torch",),
    "files": ("torch",),
    "machine": ("torch", "pyarrow"),
    "table": ("torch",),
    "nn": ("pyarrow",),
    "doctor": ("torch", "pyarrow"),
    "calibration": ("torch", "pyarrow"),
    "intervals": ("torch", "pyarrow"),
    "resampled": ("torch", "pyarrow"),
}
# Rooms of one floor that do not know of each other.
APART = {
    ("table", "nn"),
    ("nn", "table"),
    ("doctor", "table"),
    ("doctor", "nn"),
    ("config", "files"),
    ("errors", "config"),
    ("errors", "files"),
}
# Doors of a model that open rooms above it, by an import when they are called.
DOORS = {("model", "explain"), ("model", "report")}
MODULES = sorted(PACKAGE.rglob("*.py"))
NAMES = [str(path.relative_to(PACKAGE)) for path in MODULES]
each_module = pytest.mark.parametrize("path", MODULES, ids=NAMES)


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[str]:
    """Dotted names of all that a module imports, wherever in it."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@each_module
def test_imports__floors__point_downwards_or_sideways(path: Path) -> None:
    own = room(path)
    if own == "__init__":
        return
    assert own in FLOORS, f"{own} has no floor in docs/architecture.md and here"
    for name in imported(path):
        package, _, rest = name.partition(".")
        if package != "netable":
            assert package not in FOREIGN.get(own, ()), f"{own} must not know {package}"
            continue
        other = rest.split(".")[0]
        assert other in FLOORS, f"{path.name} imports {name} from the package root"
        if (own, other) not in DOORS:
            assert FLOORS[other] <= FLOORS[own], f"{own} imports {other}, which is above it"
        assert (own, other) not in APART, f"{own} imports {other}"


def test_imports__rooms_of_modules__have_no_cycles() -> None:
    known: dict[str, set[str]] = {}
    for path, name in zip(MODULES, NAMES, strict=True):
        own = "netable." + name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        doors = tuple(f"netable.{other}" for door, other in DOORS if door == room(path))
        ours = (name for name in imported(path) if name.startswith("netable"))
        known[own] = {name for name in ours if not name.startswith(doors)}
    known.pop("netable.__init__")
    edges = {
        own: {k for n in names for k in (n, n.rpartition(".")[0]) if k in known}
        for own, names in known.items()
    }
    packages = [own for own in edges if any(other.startswith(own + ".") for other in edges)]
    for package in packages:  # importing a module of a package runs the package, which is no knowledge of it
        for own in edges:
            if own.startswith(package + "."):
                edges[own].discard(package)
    while edges:
        free = [own for own, needs in edges.items() if not (needs - {own}) & edges.keys()]
        assert free, f"cycle among {sorted(edges)}"
        for own in free:
            del edges[own]


def test_architecture__page__names_every_room_on_its_floor() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) \| ([^|]+) \|", page, re.MULTILINE)
    told = {
        name.removesuffix(".py").rstrip("/"): int(floor)
        for floor, names in rows
        for name in re.findall(r"`([^`]+)`", names)
    }

    assert told == FLOORS
    assert {room(path) for path in MODULES} - {"__init__"} == set(FLOORS)


@each_module
def test_module__size__can_be_read_at_a_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@each_module
def test_function__size__can_be_read_at_a_glance(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        body = node.body[1:] if ast.get_docstring(node) else node.body
        lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
        assert lines <= 50, f"{path.name}: {node.name} is {lines} lines long"


@each_module
def test_module__dangerous_calls__are_not_there(path: Path) -> None:
    dangerous = {"eval", "exec", "compile", "__import__"}
    modules = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in dangerous, f"{path.name}:{node.lineno} calls {node.func.id}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ast.unparse(node.func)
            assert called not in {"torch.load", "torch.save", "yaml.unsafe_load", "yaml.full_load", "np.load"}
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"{path.name}:{node.lineno} catches everything"
    assert not {name.split(".")[0] for name in imported(path)} & modules


def loaded_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    out = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    return set(out.stdout.split())


def test_import__package__loads_neither_torch_nor_scikit_learn() -> None:
    assert not loaded_by("import netable") & {"torch", "sklearn", "pyarrow", "duckdb", "numpy"}


def test_import__configuration_and_terminal__do_not_load_torch() -> None:
    assert not loaded_by("import netable.config, netable.cli") & {"torch", "sklearn", "duckdb"}


def test_import__tables__do_not_load_torch() -> None:
    assert not loaded_by("import netable.table.read, netable.table.encode, netable.table.split") & {"torch"}


def test_import__lazy_names__are_all_there() -> None:
    statement = "import netable\nfor name in netable.__all__ + ['nn', 'train']: getattr(netable, name)"
    assert {"torch", "sklearn"} <= loaded_by(statement)


def test_import__unknown_name__is_an_attribute_error() -> None:
    import netable

    assert set(netable.__all__) <= set(dir(netable))
    with pytest.raises(AttributeError, match=r"^module 'netable' has no attribute 'nothing'$"):
        _ = netable.nothing
