"""The way from a fit to a training step is short: a traceback through it can be read."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

import netable
from netable import NetRegressor
from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.train import loop
from small import QUICK, make_table

PACKAGE = str(Path(netable.__file__).parent)


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The package's functions that are running at each training step, outermost first."""
    seen: list[list[str]] = []
    step = loop.train_step

    def recorded(*arguments: object) -> object:
        running = [frame.name for frame in traceback.extract_stack() if frame.filename.startswith(PACKAGE)]
        seen.append([*running, "train_step"])
        return step(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "train_step", recorded)
    return seen


def test_fit__frames_to_a_step__are_few(frames: list[list[str]]) -> None:
    fit(make_table().select(["size", "price"]), Settings(target="price", **QUICK))

    assert frames[0] == [
        "fit",
        "prepare_and_train",
        "train_members",
        "train",
        "run_side_by_side",
        "train_stack",
        "train",
        "train_step",
    ]


def test_estimator__frames_to_a_step__are_one_more(frames: list[list[str]]) -> None:
    table = make_table().select(["size", "price"])

    NetRegressor(**QUICK).fit(table.select(["size"]), table.column("price").to_numpy())

    assert frames[0][:2] == ["fit", "fit"]
    assert len(frames[0]) == 9
