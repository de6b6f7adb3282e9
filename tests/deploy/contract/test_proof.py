from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from netable.deploy.contract.proof import TOLERANCE, Proof, prove
from netable.errors import DataError, DataWarning, ExportError, silence
from netable.model.file import load
from netable.model.model import Model

GOLDEN = Path(__file__).parents[2] / "golden" / "v2"


def rows_of(model: Model) -> pa.Table:
    with silence(DataWarning):
        return model.read(str(GOLDEN / "rows.csv"))


def compared(name: str, change: float, coverage: float | None = None) -> Proof:
    """A proof of outputs that are off by a change, in deviations of the target."""
    model = load(GOLDEN / f"{name}.netable")

    def run(table: pa.Table) -> dict[str, Any]:
        outcome = model.outcome(table)
        if model.task != "regression":
            return {"prediction": model.predict(table), "probabilities": outcome + change}
        assert model.objective.scale
        moved = outcome + change * float(model.objective.scale.deviation.mean())
        ends = (
            {}
            if coverage is None
            else dict(zip(("lower", "upper"), model.intervals.around(outcome, coverage), strict=True))
        )
        return {"prediction": moved[:, 0], **ends}

    with silence(DataWarning):
        return prove(model, rows_of(model), run, "a test", coverage)


@pytest.mark.parametrize("name", ["regression", "binary"])
def test_prove__difference_below_the_tolerance__is_told(name: str) -> None:
    proof = compared(name, TOLERANCE / 2)

    assert (proof.rows, proof.tolerance, proof.runtime) == (12, TOLERANCE, "a test")
    assert proof.largest_difference == pytest.approx(TOLERANCE / 2, rel=1e-3)


@pytest.mark.parametrize(("name", "coverage"), [("regression", None), ("regression", 0.8), ("binary", None)])
def test_prove__difference_above_the_tolerance__is_an_error(name: str, coverage: float | None) -> None:
    with pytest.raises(ExportError, match="does not predict as the model"):
        compared(name, TOLERANCE * 2, coverage)


def test_prove__row_that_the_model_refuses__must_have_no_finite_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = load(GOLDEN / "regression.netable")
    table, right = rows_of(model), Model.outcome_of

    def refusing(self: Model, encoded: Any) -> Any:
        if len(encoded.numbers) > 1 or np.isnan(encoded.numbers).any():
            raise DataError("The model predicts no finite number in row 1.")
        return right(self, encoded)

    with silence(DataWarning):
        expected = model.outcome(table)[:, 0]
        monkeypatch.setattr(Model, "outcome_of", refusing)
        is_refused = np.isnan(model.encode(table).numbers).any(1)
        outputs = {"prediction": np.where(is_refused, np.inf, expected)}
        assert prove(model, table, lambda _: outputs, "a test", None).rows == 12
        with pytest.raises(ExportError):
            prove(model, table, lambda _: {"prediction": expected}, "a test", None)


def test_prove__interval_of_rates_that_ends_near_0__is_measured_against_the_mean_rate() -> None:
    model = load(GOLDEN / "regression_poisson.netable")

    def run(table: pa.Table) -> dict[str, Any]:
        outcome = model.outcome(table)
        lower, upper = model.intervals.around(outcome, 0.8)
        return {"prediction": outcome[:, 0], "lower": lower[:, 0] * 0 + 1e-9, "upper": upper[:, 0]}

    with silence(DataWarning):
        model.intervals.errors[0].low[:] = -100
        proof = prove(model, rows_of(model), run, "a test", 0.8)
    assert 0 < proof.largest_difference < TOLERANCE
