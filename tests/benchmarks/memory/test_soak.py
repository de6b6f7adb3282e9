from __future__ import annotations

import gc
import sys
import tracemalloc
from pathlib import Path

import pytest

from benchmarks.memory import soak
from benchmarks.memory.soak import Held, growth, summary

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def readings(*held: tuple[int, float, int, int]) -> list[Held]:
    return [Held(*one) for one in held]


@pytest.mark.parametrize(
    ("held", "found"),
    [
        ([(0, 300.0, 4, 6), (50, 500.0, 5, 8), (60, 519.0, 5, 8)], ""),
        ([(50, 500.0, 5, 8), (60, 521.0, 5, 8), (70, 501.0, 5, 8)], "memory grew by 21.0 MB"),
        ([(50, 500.0, 5, 8), (60, 500.0, 6, 9)], "threads grew from 5 to 6; open files grew from 8 to 9"),
        ([(0, 300.0, 4, 6), (50, 900.0, 5, 8)], ""),
    ],
)
def test_growth__after_the_warm_up__is_named(held: list[tuple[int, float, int, int]], found: str) -> None:
    assert growth(readings(*held)) == found


def test_summary__worked_readings__say_the_most_and_the_last() -> None:
    page = summary(readings((0, 300.0, 4, 6), (50, 500.0, 5, 8), (60, 512.0, 5, 8), (100, 490.0, 5, 8)), 9.0)

    assert (
        "100 small fits: after the first 50, memory rose by 12.0 MB at most, and was -10.0 MB at the end"
        in page
    )
    assert "| 100 | 490 | 5 | 8 |" in page
    assert "| 60 |" not in page


@on_linux
def test_soak__every_kind_of_fit_again__leaves_no_thread_no_file_and_no_object() -> None:
    kinds, found, objects = len(soak.TURNS), [], 0
    for held in soak.soak(2 * kinds, every=kinds):
        found.append(held)
        if held.fits == kinds:
            tracemalloc.start()
        elif held.fits == 2 * kinds:
            gc.collect()
            objects = tracemalloc.get_traced_memory()[0]
            tracemalloc.stop()

    assert found[2][2:] == found[1][2:]
    assert objects < 500_000


@on_linux
@pytest.mark.slow
def test_soak__hundreds_of_fits__grow_nothing(tmp_path: Path) -> None:
    soak.main(["--fits", "500", "--out", str(tmp_path / "soak.md")])
