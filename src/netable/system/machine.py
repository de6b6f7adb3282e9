"""Cores and memory that this process may use, by its affinity and its control groups."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter

_ROOT = Path("/")
_IMPORTED = perf_counter()
# Mounts of the controllers of version 1, and of the tree of version 2, alone or beside them.
_CPU_MOUNTS, _MEMORY_MOUNTS = ("cpu", "cpu,cpuacct", "cpuacct,cpu"), ("memory",)
_UNIFIED_MOUNTS = ("", "unified")


@cache
def version_of(package: str) -> str | None:
    """The version of an installed package, None if there is none; reading its metadata takes milliseconds."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def process_began() -> float:
    """The moment, of `time.perf_counter`, at which this process started.

    Where the system does not tell, it is the moment at which this module was imported.
    """
    try:
        # Its 22nd field counts ticks since the system started; the second, a name, may hold spaces.
        fields = _text(_ROOT / "proc" / "self" / "stat").rpartition(")")[2].split()
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (AttributeError, IndexError, ValueError, OSError):  # only Linux has the clock and the file
        return _IMPORTED
    return min(_IMPORTED, perf_counter() - age)


def stopped_children() -> Iterator[int]:
    """Processes that this one has started and that are stopped, as by SIGSTOP; none where the system does not tell."""
    for path in (_ROOT / "proc").glob("[0-9]*/stat"):
        if _text(path).rpartition(")")[2].split()[:2] == ["T", str(os.getpid())]:
            yield int(path.parent.name)


def usable_cores() -> int:
    """Whole cores by affinity and by the quotas of control groups: on 2.5 cores, three threads would be throttled."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = core_quota(_ROOT)
    return cores if quota is None else max(1, min(cores, int(quota)))


def allowed_threads() -> int:
    """Threads that a library may start: the usable cores, or OMP_NUM_THREADS if that is less."""
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    cores = usable_cores()
    return min(cores, int(asked)) if asked.isascii() and asked.isdigit() and int(asked) else cores


def usable_memory() -> int | None:
    """Bytes of memory that this process may use at most, or None if unknown."""
    sizes = []
    with suppress(AttributeError, ValueError, OSError):  # not every system has these names
        sizes.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    limit = memory_limit(_ROOT)
    return min(sizes if limit is None else [*sizes, limit], default=None)


@cache
def core_quota(root: Path) -> float | None:
    """The number of cores, maybe fractional, that control groups allow; None if they set no limit."""
    quotas = []
    for folder in _groups(root, "cpu", _CPU_MOUNTS):
        words = _text(folder / "cpu.max").split() or [
            _text(folder / "cpu.cfs_quota_us"),
            _text(folder / "cpu.cfs_period_us"),
        ]
        with suppress(ValueError):  # "max", and "-1 100000", are no limit
            quota, period = (int(word) for word in words)
            if quota > 0 and period > 0:
                quotas.append(quota / period)
    return min(quotas, default=None)


@cache
def memory_limit(root: Path) -> int | None:
    """The number of bytes that control groups allow; None if they set no limit."""
    limits = []
    for folder in _groups(root, "memory", _MEMORY_MOUNTS):
        for name in ("memory.max", "memory.limit_in_bytes"):
            with suppress(ValueError):
                limits.append(int(_text(folder / name)))
    return min((limit for limit in limits if limit > 0), default=None)


def _groups(root: Path, controller: str, mounts: tuple[str, ...]) -> Iterator[Path]:
    """The folders of the process's control group and of all its ancestors, whose limits apply as well.

    In a container the path may be that of the host, of which only the end, or nothing, is visible.
    """
    top = root / "sys" / "fs" / "cgroup"
    yield from (top / mount for mount in (*_UNIFIED_MOUNTS, *mounts))
    for line in _text(root / "proc" / "self" / "cgroup").splitlines():
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controllers and controller not in controllers.split(","):
            continue
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for mount in mounts if controllers else _UNIFIED_MOUNTS:
            yield from (top.joinpath(mount, *parts[:depth]) for depth in range(1, len(parts) + 1))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""
