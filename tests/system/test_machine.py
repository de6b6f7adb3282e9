from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from netable.system import machine
from netable.system.machine import core_quota, memory_limit, process_began, usable_cores, usable_memory


def tree(root: Path, files: dict[str, str]) -> Path:
    """A root with these files of /proc/self and /sys/fs/cgroup."""
    for name, text in files.items():
        path = root / ("proc/self" if name == "cgroup" else "sys/fs/cgroup") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({}, None),
        ({"cpu.max": "400000 100000\n"}, 4),  # a container sees its own group as the root
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu.max": ""}, None),
        ({"cgroup": "0::/\n", "cpu.max": "50000 100000\n"}, 0.5),
        ({"cgroup": "0::/a/b\n", "a/b/cpu.max": "250000 100000\n"}, 2.5),
        ({"cgroup": "0::/a/b\n", "a/cpu.max": "200000 100000\n", "a/b/cpu.max": "max 100000\n"}, 2),
        ({"cgroup": "0::/a/b\n", "a/cpu.max": "800000 100000\n", "a/b/cpu.max": "300000 100000\n"}, 3),
        ({"cgroup": "0::/a\n", "b/cpu.max": "100000 100000\n"}, None),  # another's
        ({"cgroup": "0::/a\n", "unified/a/cpu.max": "100000 100000\n"}, 1),
        (
            {
                "cgroup": "5:cpu,cpuacct:/docker/x\n3:memory:/y\n",
                "cpu/docker/x/cpu.cfs_quota_us": "300000",
                "cpu/docker/x/cpu.cfs_period_us": "100000",
            },
            3,
        ),
        (
            {  # the path is that of the host, and its end is mounted here
                "cgroup": "5:cpu,cpuacct:/docker/x\n",
                "cpu,cpuacct/cpu.cfs_quota_us": "200000",
                "cpu,cpuacct/cpu.cfs_period_us": "100000",
            },
            2,
        ),
        ({"cgroup": "5:cpu:/\n", "cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ({"cgroup": "nonsense\n\n::\n0::/../..\n", "cpu.max": "a b\n"}, None),
    ],
)
def test_core_quota__control_groups__the_least_of_the_own_and_those_above(
    files: dict[str, str], quota: float | None, tmp_path: Path
) -> None:
    assert core_quota(tree(tmp_path, files)) == quota


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({}, None),
        ({"memory.max": "max\n"}, None),
        ({"memory.max": "1000000\n"}, 1_000_000),
        ({"cgroup": "0::/a/b\n", "a/memory.max": "7\n", "a/b/memory.max": "9\n"}, 7),
        ({"cgroup": "9:memory:/x\n", "memory/x/memory.limit_in_bytes": "5000\n"}, 5000),
    ],
)
def test_memory_limit__control_groups__the_least_of_the_own_and_those_above(
    files: dict[str, str], limit: int | None, tmp_path: Path
) -> None:
    assert memory_limit(tree(tmp_path, files)) == limit


@pytest.mark.bad_input(100)
@pytest.mark.parametrize(
    ("quota", "cores"),
    [("4", 4), ("2.5", 2), ("0.5", 1), ("64", 16), (None, 16)],  # of two and a half, three would be throttled
)
def test_usable_cores__quota_of_the_control_group__is_respected(
    quota: str | None, cores: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    files = {} if quota is None else {"cpu.max": f"{int(float(quota) * 100_000)} 100000"}
    monkeypatch.setattr(machine, "_ROOT", tree(tmp_path, files))

    assert usable_cores() == cores


@pytest.mark.parametrize(("counted", "cores"), [(6, 6), (None, 1)])
def test_usable_cores__system_without_affinity__counts_them(
    counted: int | None, cores: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: counted)
    monkeypatch.setattr(machine, "_ROOT", tmp_path)

    assert usable_cores() == cores


def test_usable_cores__this_machine__are_some_and_no_more_than_there_are() -> None:
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs a system with affinity")
def test_usable_cores__affinity_that_changes__is_seen() -> None:
    ask = "import os; from netable.system.machine import usable_cores as n; a = n(); "
    ask += "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); print(a >= 1, n())"
    answer = subprocess.run(
        [sys.executable, "-c", ask], check=True, capture_output=True, text=True, timeout=60
    )

    assert answer.stdout == "True 1\n"


def test_usable_memory__limit_of_the_control_group__is_respected(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(machine, "_ROOT", tree(tmp_path / "limited", {"memory.max": "1000000"}))
    assert usable_memory() == 1_000_000

    monkeypatch.setattr(machine, "_ROOT", tmp_path / "none")
    there = usable_memory()
    assert there is not None
    assert there > 100_000_000

    monkeypatch.delattr(os, "sysconf")
    assert usable_memory() is None


def test_process_began__stat_file_and_clock__give_the_moment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fields = ["S", *["0"] * 18, str(10 * os.sysconf("SC_CLK_TCK")), "0"]  # started 10 s after the system
    stat = tmp_path / "proc" / "self" / "stat"
    stat.parent.mkdir(parents=True)
    stat.write_text(f"1 (a ) name) {' '.join(fields)}")
    monkeypatch.setattr(machine, "_ROOT", tmp_path)
    monkeypatch.setattr(machine, "_IMPORTED", 99.0)
    monkeypatch.setattr(machine, "perf_counter", lambda: 100.0)
    monkeypatch.setattr("time.CLOCK_BOOTTIME", 7, raising=False)
    monkeypatch.setattr("time.clock_gettime", lambda clock: 15.0, raising=False)
    assert process_began() == 95.0

    monkeypatch.setattr("time.clock_gettime", lambda clock: 5.0)  # another clock than that of the file
    assert process_began() == 99.0

    stat.unlink()
    assert process_began() == 99.0


def test_process_began__this_process__is_before_the_import() -> None:
    assert process_began() <= machine._IMPORTED
