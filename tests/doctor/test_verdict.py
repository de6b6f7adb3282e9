"""A verdict goes into JSON and comes back."""

from __future__ import annotations

import json

from netable.doctor import Verdict


def test_verdict__to_json_and_back__is_the_same() -> None:
    verdict = Verdict("dead_units", "warning", "3 of 8 units are dead.", "They learn nothing.", "lr=0.001")
    told = json.loads(json.dumps(verdict.to_dict()))
    assert list(told) == ["id", "severity", "seen", "why", "try"]
    assert Verdict.from_dict(told) == verdict
