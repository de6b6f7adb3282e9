"""The versions that are promised are those that tests run with."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Tools that check the code or watch it, and whose version changes no result.
TOOLS = {"check-jsonschema", "coverage", "mypy", "ruff", "types-pyyaml", "zizmor"}


def lowest(requirements: list[str]) -> dict[str, Version]:
    """The lower bound of each that has one."""
    found = {}
    for requirement in map(Requirement, requirements):
        for bound in requirement.specifier:
            assert bound.operator == ">=", f"{requirement} has another bound than a lower one"
            found[canonicalize_name(requirement.name)] = Version(bound.version)
    return found


def test_bounds__lower_ones__are_those_that_the_tests_run_with() -> None:
    text = (ROOT / "constraints-lowest.txt").read_text(encoding="utf-8")
    pins = {canonicalize_name(n): Version(v) for n, v in re.findall(r"^([\w-]+)==(\S+)$", text, re.MULTILINE)}
    promised = lowest(PROJECT["dependencies"])
    for extra in ("dev", "tensorboard", "compare", "export", "mlflow", "serve", "excel", "stats", "avro"):
        promised |= lowest(PROJECT["optional-dependencies"][extra])

    assert pins == {name: version for name, version in promised.items() if name not in TOOLS}


def test_bounds__of_extras__are_never_below_each_other() -> None:
    for extra in ("dev", "tensorboard", "compare", "export", "mlflow", "serve", "excel", "stats", "avro"):
        own = lowest(PROJECT["optional-dependencies"][extra])
        for other in ("dev", "tensorboard", "compare", "export", "mlflow", "serve", "excel", "stats", "avro"):
            theirs = lowest(PROJECT["optional-dependencies"][other])
            assert all(own[name] == theirs[name] for name in own.keys() & theirs.keys())


def test_pins__to_develop_with__are_allowed() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    bounds = lowest(PROJECT["dependencies"])
    pins = re.findall(r"^([\w-]+)==(\S+)$", text, re.MULTILINE)

    assert pins
    assert all(Version(version) >= bounds[canonicalize_name(name)] for name, version in pins)


def test_pythons__promised_ones__are_those_of_the_workflow() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    promised = re.findall(r"Python :: (3\.\d+)$", "\n".join(PROJECT["classifiers"]), re.MULTILINE)
    tested = re.search(r"python: \[(.*)\]", workflow)

    assert tested
    assert [version.strip('"') for version in tested[1].split(", ")] == promised
    assert PROJECT["requires-python"] == f">={promised[0]}"


def test_citation__version__is_that_of_the_project() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")

    assert f"\nversion: {PROJECT['version']}\n" in citation
