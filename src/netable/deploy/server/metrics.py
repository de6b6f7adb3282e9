"""Counts and durations of requests, as text for Prometheus.

*Reference*: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4)
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Upper bounds of the histogram of durations, in seconds.
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """What a server has done since its start; used from one thread."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, int]] = Counter()
        self._buckets: dict[str, list[int]] = defaultdict(lambda: [0] * (len(BOUNDS) + 1))
        self._seconds: dict[str, float] = defaultdict(float)

    def count(self, route: str, status: int, seconds: float) -> None:
        """Count an answered request.

        Parameters
        ----------
        route : str
            The pattern of its path, of which there are few.
        """
        self._requests[route, status] += 1
        self._buckets[route][bisect_left(BOUNDS, seconds)] += 1
        self._seconds[route] += seconds

    def text(self, gauges: Iterable[tuple[str, str, str, float]]) -> str:
        """All metrics, with further ones that others know: name, type, help and value."""
        lines = _head("netable_requests_total", "counter", "Requests answered.")
        for (route, status), count in sorted(self._requests.items()):
            lines.append(f'netable_requests_total{{route="{_escaped(route)}",status="{status}"}} {count}')
        name = "netable_request_seconds"
        lines += _head(name, "histogram", "Seconds from a request's head to its answer.")
        for route, buckets in sorted(self._buckets.items()):
            label, total = f'route="{_escaped(route)}"', 0
            for bound, count in zip((*BOUNDS, float("inf")), buckets, strict=True):
                total += count
                shown = "+Inf" if bound == float("inf") else f"{bound:g}"
                lines.append(f'{name}_bucket{{{label},le="{shown}"}} {total}')
            lines += [f"{name}_sum{{{label}}} {self._seconds[route]:.6f}", f"{name}_count{{{label}}} {total}"]
        for name, kind, about, value in gauges:
            lines += [*_head(name, kind, about), f"{name} {value:g}"]
        return "\n".join([*lines, ""])


def _head(name: str, kind: str, about: str) -> list[str]:
    return [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
