"""A verdict goes into JSON and comes back."""

from __future__ import annotations

import json

import pytest

from netable.doctor import Verdict, Verdicts


def test_verdict__to_json_and_back__is_the_same() -> None:
    verdict = Verdict("dead_units", "warning", "3 of 8 units are dead.", "They learn nothing.", "lr=0.001")
    told = json.loads(json.dumps(verdict.to_dict()))
    assert list(told) == ["id", "severity", "seen", "why", "try"]
    assert Verdict.from_dict(told) == verdict


@pytest.mark.bad_input(74)
def test_verdicts__in_a_notebook__are_escaped_text_the_gravest_first() -> None:
    grave = Verdict("leakage", "serious", "'<script>' alone", "Because.", "ignore_columns=['<script>']")
    html = Verdicts([grave, Verdict("drift", "note", "seen", "why", "try")])._repr_html_()

    assert html.index("serious: leakage") < html.index("note: drift")
    assert "Try: ignore_columns=[&#x27;&lt;script&gt;&#x27;]" in html
    assert "<script>" not in html
    assert "no problems" in Verdicts()._repr_html_()
