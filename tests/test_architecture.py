"""The rules of docs/architecture.md, held by reading every module's syntax tree."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "netable"
# From the lowest to the highest: a room knows those before it, and nothing of those behind it.
ROOMS = (
    "errors",
    "system",
    "doctor",
    "config",
    "compute",
    "pages",
    "table",
    "nn",
    "train",
    "model",
    "explanation",
    "deploy",
    "mlflow",
    "fit",
    "ray",
    "report",
    "first_look",
    "learn",
    "drift",
    "comparison",
    "estimators",
    "ui",
    "cli",
    "__main__",
)
# Libraries that a room must not import.
FOREIGN = {
    "errors": ("torch", "pyarrow", "numpy"),
    "system": ("torch",),
    "doctor": ("torch", "pyarrow"),
    "config": ("torch", "pyarrow", "numpy"),
    "pages": ("torch", "pyarrow"),
    "table": ("torch",),
    "nn": ("pyarrow",),
}
# Neighbours that do not know each other, whatever their order.
APART = {("nn", "table"), ("train", "table"), ("config", "system"), ("pages", "config")}
MODULES = sorted(PACKAGE.rglob("*.py"))
DOTTED = {path: ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in MODULES}
KNOWN = {*DOTTED.values(), *(name.removesuffix(".__init__") for name in DOTTED.values())}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imported(path: Path) -> tuple[str, ...]:
    """Dotted names of all that a module imports, wherever in it."""
    names: list[str] = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names += (f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(names)


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def ours(path: Path) -> set[str]:
    """Modules of the package that a module imports."""
    names = (name for name in imported(path) if name.split(".")[0] == "netable")
    return {name if name in KNOWN else name.rpartition(".")[0] for name in names}


@pytest.mark.parametrize("importer", ROOMS)
def test_imports__rooms__point_downwards(importer: str) -> None:
    for path in MODULES:
        if room(path) != importer:
            continue
        for name in imported(path):
            package, _, rest = name.partition(".")
            if package != "netable":
                foreign = FOREIGN.get(importer, ())
                assert package not in foreign, f"{DOTTED[path]}: {importer} must not know {package}"
                continue
            other = rest.split(".")[0]
            assert other in ROOMS, f"{DOTTED[path]} imports {name} from the package root"
            is_below = ROOMS.index(other) <= ROOMS.index(importer)
            assert is_below, f"{DOTTED[path]} imports {other}, which is above it"
            assert (importer, other) not in APART, f"{DOTTED[path]} imports {other}"


def test_imports__folders__have_no_circles() -> None:
    needs: dict[str, set[str]] = {}
    for path in MODULES:
        folder = ".".join(path.parent.relative_to(PACKAGE.parent).parts)
        files = (name for name in ours(path) if name != "netable")
        folders = {name if is_package(name) else name.rpartition(".")[0] for name in files}
        needs.setdefault(folder, set()).update(folders - {folder, "netable"})
    needs.pop("netable")
    assert circles(needs) == []


def test_imports__modules__have_no_circles() -> None:
    needs = {name.removesuffix(".__init__"): ours(path) - {name} for path, name in DOTTED.items()}
    needs.pop("netable")
    assert circles(needs) == []


def is_package(name: str) -> bool:
    return (PACKAGE.parent / name.replace(".", "/") / "__init__.py").exists()


def circles(needs: dict[str, set[str]]) -> list[str]:
    """Names that need themselves in the end, or need one that does."""
    left = {name: {other for other in others if other in needs} for name, others in needs.items()}
    while free := [name for name, others in left.items() if not others & left.keys()]:
        for name in free:
            del left[name]
    return sorted(left)


def test_architecture__top__is_four_files_and_the_rooms() -> None:
    top = {path.name for path in PACKAGE.iterdir() if path.name not in ("__pycache__", "py.typed")}
    files = {"errors", "ray", "__main__"}

    assert top == {"__init__.py", *(f"{name}.py" for name in files), *ROOMS} - files


def test_architecture__page__names_every_room_in_order() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

    assert tuple(re.findall(r"^\| `(\w+)(?:/|\.py)` \|", page, re.MULTILINE)) == ROOMS


def test_module__size__can_be_read_at_a_sitting() -> None:
    lines = {DOTTED[path]: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}

    assert {name: count for name, count in lines.items() if count > 300} == {}


def test_function__size__can_be_read_at_a_glance() -> None:
    assert [fault for path in MODULES for fault in too_long(path)] == []


def too_long(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        body = node.body[1:] if ast.get_docstring(node) else node.body
        lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
        if lines > 50:
            yield f"{DOTTED[path]}: {node.name} is {lines} lines long"


def test_module__dangerous_calls__are_not_there() -> None:
    modules = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}

    assert [fault for path in MODULES for fault in dangers(path)] == []
    assert {n: DOTTED[p] for p in MODULES for n in imported(p) if n.split(".")[0] in modules} == {}


def dangers(path: Path) -> Iterator[str]:
    functions = {"eval", "exec", "compile", "__import__"}
    methods = {"torch.load", "torch.save", "yaml.unsafe_load", "yaml.full_load", "np.load"}
    for node in ast.walk(tree(path)):
        match node:
            case ast.Call(func=ast.Name(id=called)) if called in functions:
                yield f"{DOTTED[path]}:{node.lineno} calls {called}"
            case ast.Call(func=ast.Attribute() as called) if ast.unparse(called) in methods:
                yield f"{DOTTED[path]}:{node.lineno} calls {ast.unparse(called)}"
            case ast.ExceptHandler(type=None):
                yield f"{DOTTED[path]}:{node.lineno} catches everything"


# What is imported one after the other in one process, each with what it must not load.
STEPS = {
    "import netable": {"torch", "sklearn", "pyarrow", "duckdb", "numpy"},
    "import netable.config.settings, netable.cli": {"torch", "sklearn", "duckdb"},
    "import netable.table.reading.read, netable.table.encode, netable.table.split": {"torch"},
    "import netable.fit.fit, netable.estimators, netable.report": {
        "starlette",
        "uvicorn",
        "mlflow",
        "netable.deploy.server.app",
    },
    "netable.mlflow.save_model\nimport netable.mlflow.pyfunc": {"mlflow"},
}


@pytest.fixture(scope="module")
def loaded() -> dict[str, set[str]]:
    """The modules that are loaded after each step."""
    return dict(zip(STEPS, loaded_by(*STEPS), strict=True))


def loaded_by(*statements: str) -> list[set[str]]:
    code = "\n".join(["import sys", *(f"{statement}\nprint(*sys.modules)" for statement in statements)])
    out = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    return [set(line.split()) for line in out.stdout.splitlines()]


@pytest.mark.parametrize("step", STEPS)
def test_import__step__does_not_load_what_it_does_not_need(step: str, loaded: dict[str, set[str]]) -> None:
    assert not loaded[step] & STEPS[step]


def test_import__exported_models__do_not_load_torch() -> None:
    (loaded,) = loaded_by("import netable.deploy.onnx.exported, netable.deploy.server.app")

    assert not loaded & {"torch", "sklearn"}


def test_import__lazy_names__are_all_there(loaded: dict[str, set[str]]) -> None:
    import netable

    for name in [*netable.__all__, "mlflow", "nn", "ray", "train"]:
        assert getattr(netable, name) is not None
    assert "torch" in [*loaded.values()][-1]  # so it would be found above


def test_import__unknown_name__is_an_attribute_error() -> None:
    import netable

    assert set(netable.__all__) <= set(dir(netable))
    with pytest.raises(AttributeError, match=r"^module 'netable' has no attribute 'nothing'$"):
        _ = netable.nothing
