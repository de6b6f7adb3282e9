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


def ours(path: Path) -> set[str]:
    """Modules of the package that a module imports."""
    modules = {".".join(p.relative_to(PACKAGE.parent).with_suffix("").parts) for p in MODULES}
    packages = {name.removesuffix(".__init__") for name in modules if name.endswith(".__init__")}
    known = modules | packages
    names = (name for name in imported(path) if name.split(".")[0] == "netable")
    return {name if name in known else name.rpartition(".")[0] for name in names}


@each_module
def test_imports__rooms__point_downwards(path: Path) -> None:
    importer = room(path)
    if importer == "__init__":
        return
    assert importer in ROOMS, f"{importer} has no place in docs/architecture.md and here"
    for name in imported(path):
        package, _, rest = name.partition(".")
        if package != "netable":
            assert package not in FOREIGN.get(importer, ()), f"{importer} must not know {package}"
            continue
        other = rest.split(".")[0]
        assert other in ROOMS, f"{path.name} imports {name} from the package root"
        assert ROOMS.index(other) <= ROOMS.index(importer), f"{importer} imports {other}, which is above it"
        assert (importer, other) not in APART, f"{importer} imports {other}"


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
    needs = {".".join(p.relative_to(PACKAGE.parent).with_suffix("").parts): ours(p) for p in MODULES}
    needs = {name.removesuffix(".__init__"): found - {name} for name, found in needs.items()}
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
    assert not loaded_by("import netable.config.settings, netable.cli") & {"torch", "sklearn", "duckdb"}


def test_import__training__does_not_load_the_service() -> None:
    loaded = loaded_by("import netable.fit.fit, netable.estimators, netable.report, netable.cli")
    assert not loaded & {"starlette", "uvicorn", "mlflow", "netable.deploy.server.app"}


def test_import__flavor_of_mlflow__does_not_load_mlflow() -> None:
    assert not loaded_by("import netable\nnetable.mlflow.save_model\nimport netable.mlflow.pyfunc") & {
        "mlflow"
    }


def test_import__exported_models__do_not_load_torch() -> None:
    assert not loaded_by("import netable.deploy.onnx.exported, netable.deploy.server.app") & {
        "torch",
        "sklearn",
    }


def test_import__tables__do_not_load_torch() -> None:
    assert not loaded_by("import netable.table.reading.read, netable.table.encode, netable.table.split") & {
        "torch"
    }


def test_import__lazy_names__are_all_there() -> None:
    statement = "import netable\nfor name in netable.__all__ + ['mlflow', 'nn', 'ray', 'train']: getattr(netable, name)"
    assert {"torch", "sklearn"} <= loaded_by(statement)


def test_import__unknown_name__is_an_attribute_error() -> None:
    import netable

    assert set(netable.__all__) <= set(dir(netable))
    with pytest.raises(AttributeError, match=r"^module 'netable' has no attribute 'nothing'$"):
        _ = netable.nothing
