from __future__ import annotations

import re

from netable.deploy.server.metrics import Metrics
from serving import client, golden, row_of

LINE = re.compile(r'^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [\d.e+-]+)$')


def test_metrics__requests__are_counted_by_route_and_status() -> None:
    with client(golden("binary")) as http:
        http.post("/predict", json={"rows": [row_of("binary")]})
        http.post("/models/binary/predict", json={})
        http.post("/models/other/predict", json={})
        told = http.get("/metrics")

    assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = told.text.splitlines()
    assert all(LINE.match(line) for line in lines)
    assert 'netable_requests_total{route="/predict",status="200"} 1' in lines
    assert 'netable_requests_total{route="/models/{name}/predict",status="400"} 1' in lines
    assert 'netable_requests_total{route="/models/{name}/predict",status="404"} 1' in lines
    assert "netable_models 1" in lines
    assert "netable_reloads_total 0" in lines


def test_metrics__durations__are_a_cumulative_histogram() -> None:
    metrics = Metrics()
    for seconds in (0.0005, 0.001, 0.003, 60.0):
        metrics.count("/a", 200, seconds)
    text = metrics.text([])

    for bound, count in (("0.001", 2), ("0.0025", 2), ("0.005", 3), ("10", 3), ("+Inf", 4)):
        assert f'netable_request_seconds_bucket{{route="/a",le="{bound}"}} {count}\n' in text
    assert 'netable_request_seconds_sum{route="/a"} 60.004500\n' in text
    assert 'netable_request_seconds_count{route="/a"} 4\n' in text


def test_metrics__odd_names__are_escaped() -> None:
    metrics = Metrics()
    metrics.count('a"\\\n', 200, 0.0)

    assert 'route="a\\"\\\\\\n",status="200"' in metrics.text([])
