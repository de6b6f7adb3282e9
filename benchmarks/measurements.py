"""Shared by all benchmarks: options, results as JSON lines with date, machine and versions, and Markdown tables."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from netable.system.machine import usable_cores

Row = dict[str, Any]


def make_parser(text: str | None, *, data: bool = False, out: Path | None = None) -> argparse.ArgumentParser:
    """A parser that shows a module's docstring.

    `data` adds `--data` (a folder of tables, see `tables.load_index`) and `--summary`; `out` adds `--out`.
    """
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    if data:
        parser.add_argument("--data", type=Path, help="the folder of tables")
        parser.add_argument("--summary", action="store_true", help="sum up the results, measure nothing")
    if out:
        parser.add_argument("--out", type=Path, default=out, metavar="FILE", help="(%(default)s)")
    return parser


def child_environment() -> dict[str, str]:
    """The environment of a child process that can import what this one can, from any folder."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}


def busy_seconds() -> float | None:
    """Seconds for which all cores together have computed; None if the system does not tell."""
    try:
        user, nice, system = Path("/proc/stat").read_text(encoding="utf-8").split(maxsplit=4)[1:4]
    except OSError:
        return None
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


def child_seconds() -> float:
    """Seconds for which the cores have computed for children of this process that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def append_row(path: Path, row: Row) -> None:
    """Add one line; after a line that was cut off, start a new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torn = path.exists() and path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" * torn + json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")


def read_rows(path: Path) -> list[Row]:
    """All lines that can be read; one that an interrupted run cut off is named and passed over."""
    if not path.exists():
        return []
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            print(f"{path.name}: line {number} cannot be read and is passed over", file=sys.stderr)
    return rows


def write_page(out: Path, text: str) -> None:
    """Write a summary beside the results and print it."""
    out.with_suffix(".md").write_text(text, encoding="utf-8")
    print(text)


def circumstances(packages: Iterable[str], *, threads: int | None = None) -> Row:
    """Date, machine, threads (all cores if not given), versions and commit of a measurement."""
    machine = {"cpu": cpu_model(), "cores": usable_cores(), "system": platform.system()}
    versions = {"python": platform.python_version()}
    for package in packages:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    return {
        "date": now,
        "machine": machine,
        "threads": threads or usable_cores(),
        "versions": versions,
        "commit": commit(),
    }


def cpu_model() -> str:
    """The name of the processor, as far as the system knows it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def commit() -> str | None:
    """The commit that is checked out, with a + if files differ from it; None outside a repository."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or None


def describe_circumstances(rows: Iterable[Row]) -> list[str]:
    """One line for each machine and number of threads that rows were measured with."""
    found: dict[tuple[str, int, int], set[str]] = {}
    for row in rows:
        key = (row["machine"]["cpu"], row["machine"]["cores"], row["threads"])
        found.setdefault(key, set()).add(row["date"][:10])
    lines = []
    for (cpu, cores, threads), days in found.items():
        when = min(days) if len(days) == 1 else f"{min(days)} to {max(days)}"
        lines.append(f"{cpu}, cores: {cores}, threads: {threads}, {when}")
    return lines


def describe_versions(rows: Iterable[Row]) -> str:
    """Every version that the rows were measured with."""
    found: dict[str, set[str]] = {}
    for row in rows:
        for package, number in row["versions"].items():
            found.setdefault(package, set()).add(number)
    return ", ".join(
        f"{package} {' and '.join(sorted(numbers))}" for package, numbers in sorted(found.items())
    )


def markdown_table(head: list[str], lines: Iterable[list[str]], *, words: int = 1) -> str:
    """A table whose first columns hold words and whose other columns hold figures."""
    rule = ["---"] * words + ["---:"] * (len(head) - words)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, rule, *lines])
