from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.doctor import obey
from benchmarks.measurements import read_rows
from netable.config.settings import config_from
from netable.doctor import Verdict
from netable.model.model import Model
from small import QUICK


@pytest.mark.parametrize(
    ("remedy", "settings"),
    [
        ('leave it out: ignore_columns=["a b", "c"]', {"ignore_columns": ("a b", "c")}),
        ("lr=0.003, the default; or clip_norm=1.", {"lr": 0.003, "clip_norm": 1.0}),
        (
            'group_column="patient", or split="auto", which does the same',
            {"group_column": "patient", "split": "auto"},
        ),
        ("fewer units, such as hidden_layer_sizes=[32, 32].", {"hidden_layer_sizes": (32, 32)}),
        ("more training rows", {}),
    ],
)
def test_settings_in__remedies__are_settings_that_can_be_given(
    remedy: str, settings: dict[str, object]
) -> None:
    config = config_from({"target": "y", **dict(obey.settings_in(remedy))})

    assert {name: getattr(config, name) for name in settings} == settings
    assert len(dict(obey.settings_in(remedy))) == len(settings)


def test_main__a_remedy__is_done_and_its_error_compared(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Model, "diagnose", lambda _: [Verdict("stopped_early", "warning", "", "", "max_epochs=3.")]
    )
    monkeypatch.setattr(obey, "config_from", lambda given: config_from(QUICK | given))
    out = tmp_path / "obey.jsonl"
    obey.main(["--data", str(folder), "--rows", "90", "--out", str(out)])

    rows = read_rows(out)
    assert len(rows) == 3
    for row in rows:
        [[verdict, name, value, ratio]] = row["obeyed"]
        assert (verdict, name, value) == ("stopped_early", "max_epochs", 3)
        assert ratio > 0
    assert "| `stopped_early` | `max_epochs` | 3 |" in out.with_suffix(".md").read_text(encoding="utf-8")
