"""The same rows for another library: `pip install evidently 'pandas<3'`."""

from __future__ import annotations

import warnings

import pandas as pd


def by_evidently(before: pd.DataFrame, new: pd.DataFrame) -> list[str]:
    """The columns that Evidently's default test calls drifted, and those that it cannot test for having no value."""
    from evidently import Report
    from evidently.presets import DataDriftPreset

    empty = [name for name in before if new[name].isna().all() and not before[name].isna().all()]
    names = [name for name in before if name not in empty]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = Report([DataDriftPreset()]).run(new[names], before[names]).dict()["metrics"]
    drifted = list(empty)
    for metric in found:
        config = metric["config"]
        if "column" not in config:
            continue
        value, threshold = float(metric["value"]), float(config["threshold"])
        is_probability = "p_value" in config["method"]
        if value < threshold if is_probability else value >= threshold:
            drifted.append(config["column"])
    return drifted
