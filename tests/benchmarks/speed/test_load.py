from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from benchmarks.measurements import read_rows
from benchmarks.speed import load

WRK = """Running 3s test @ http://127.0.0.1:8000/invocations
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    35.51ms   10.06ms 140.53ms   90.02%
    Req/Sec     1.80k   160.00     2.04k    73.33%
  Latency Distribution
     50%  890.00us
     75%   36.10ms
     90%   40.00ms
     99%    1.26s
  5403 requests in 3.01s, 1.50MB read
"""


def test_wrk_result__figures__are_milliseconds_and_answers_a_second() -> None:
    assert load.wrk_result(WRK) == {
        "seconds": 3.01,
        "statuses": {"200": 5403},
        "per_second": 1795.0,
        "p50": 0.89,
        "p99": 1260.0,
    }


def test_wrk_result__refusals_and_errors__are_not_answers() -> None:
    more = "  Socket errors: connect 1, read 2, write 0, timeout 4\n  Non-2xx or 3xx responses: 403\n"
    found = load.wrk_result(WRK + more)

    assert found["statuses"] == {"200": 5000, "other": 403, "none": 7}
    assert found["per_second"] == round(5000 / 3.01, 1)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("wrk") is None, reason="there is no wrk")
def test_load__quick_run__measures_each_load_and_writes_a_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "load.jsonl"
    options = ["--quick", "--seconds", "1", "--short", "1", "--rate", "50", "--servers", "model", "export"]
    monkeypatch.setattr(sys, "argv", ["load", *options, "--out", str(out)])
    load.main()
    rows = read_rows(out)

    assert [(row["server"], row["load"]) for row in rows] == [
        (server, name) for server in ("model", "export") for name in ("steady", "most", "twice")
    ]
    assert all(set(row["statuses"]) == {"200"} for row in rows if row["load"] == "steady")
    assert all(set(row["statuses"]) <= {"200", "503", "not sent"} for row in rows)
    assert "| export | twice |" in capsys.readouterr().out
