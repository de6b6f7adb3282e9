"""Tracebacks of a user's mistakes stay short."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from traceback import walk_tb
from typing import Any

import numpy as np
import pandas as pd
import pytest

import netable
from netable import NetClassifier, NetRegressor, UserError

PACKAGE = Path(netable.__file__).parent
MOST_FRAMES = 10
X = np.random.default_rng(0).normal(size=(60, 3))
FRAME = pd.DataFrame(X, columns=["a", "b", "c"])
Y = X[:, 0] > 0


def our_frames(error: BaseException | None) -> Iterator[str]:
    """The frames of this package in all tracebacks that Python prints for an error."""
    while error is not None:
        for frame, line in walk_tb(error.__traceback__):
            if PACKAGE in Path(frame.f_code.co_filename).parents:
                yield f"{frame.f_code.co_filename}:{line}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


@pytest.mark.parametrize(
    ("parameters", "X", "y", "weight"),
    [
        ({}, X, np.zeros(60), None),
        ({}, X, None, None),
        ({}, X, Y[:50], None),
        ({}, X + np.inf, Y, None),
        ({}, np.full((60, 2), "a"), Y, None),
        ({}, FRAME, Y, np.ones(5)),
        ({}, FRAME, Y, -np.ones(60)),
        ({"lr": -1}, X, Y, None),
        ({"model": "mpl"}, X, Y, None),
        ({"stacks": [{"lr": -1}]}, X, Y, None),
        ({"device": "cuda:99"}, X, Y, None),
        ({"folds": 100}, X, Y, None),
        ({"class_weight": {"x": 2}}, X, Y, None),
        ({"hidden_layer_sizes": (999_999, 999_999)}, X, Y, None),
        ({"kinds": {"z": "number"}}, FRAME, Y, None),
        ({"kinds": {"a": "date"}}, FRAME, Y, None),
    ],
)
def test_fit__mistake__crosses_few_frames(parameters: dict[str, Any], X: Any, y: Any, weight: Any) -> None:
    with pytest.raises(UserError) as caught:
        NetClassifier(**parameters).fit(X, y, sample_weight=weight)
    assert len(list(our_frames(caught.value))) <= MOST_FRAMES


def test_predict__mistake__crosses_few_frames() -> None:
    net = NetRegressor(embedding="none", max_epochs=1, hidden_layer_sizes=4, folds=2).fit(FRAME, X[:, 0])
    for rows in (FRAME[["a", "b"]], FRAME.assign(a="x"), FRAME.assign(a=np.inf)):
        with pytest.raises(UserError) as caught:
            net.predict(rows)
        assert len(list(our_frames(caught.value))) <= MOST_FRAMES
