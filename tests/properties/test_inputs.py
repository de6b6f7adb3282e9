"""Inputs stay unchanged: frames, arrays, weights, settings."""

from __future__ import annotations

import copy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import assume, given
from hypothesis import strategies as st

from checking import examples, refused, trained
from netable import NetRegressor, explain
from netable.config.settings import Settings
from netable.fit.fit import fit
from random_tables import Drawn, configs, tables


def kept(source: Any) -> Any:
    """A copy that shares nothing."""
    if isinstance(source, pd.DataFrame):
        return source.copy(deep=True)
    return copy.deepcopy(pa.table(source)), str(source)


def check_unchanged(source: Any, before: Any) -> None:
    if isinstance(source, pd.DataFrame):
        pd.testing.assert_frame_equal(source, before, check_exact=True, check_freq=False)
        assert source.attrs == before.attrs
    else:
        again, said = kept(source)
        assert said == before[1]
        assert again.schema.equals(before[0].schema, check_metadata=True)
        assert str(again.to_pydict()) == str(before[0].to_pydict())


@examples(15)
@given(data=st.data())
def test_frames__fitted_and_predicted__stay_as_they_were(data: st.DataObject) -> None:
    drawn: Drawn = data.draw(tables())
    settings = data.draw(configs(drawn.names))
    before, given_settings = kept(drawn.source), copy.deepcopy(settings)
    model = trained(drawn.source, settings)
    if model is not None:
        refused(lambda: model.predict(drawn.source))
        refused(lambda: model.evaluate(drawn.source))
        refused(lambda: explain(model, drawn.source).importance(repeats=1, max_rows=10))
    check_unchanged(drawn.source, before)
    assert settings == given_settings


@examples(10)
@given(seed=st.integers(0, 99), rows=st.integers(2, 150), columns=st.integers(1, 6))
def test_arrays__of_a_file_that_cannot_be_written__are_learned_from(
    seed: int, rows: int, columns: int
) -> None:
    X = np.random.default_rng(seed).normal(size=(rows, columns))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "X.npy"
        np.save(path, X)
        before = path.read_bytes()
        mapped = np.lib.format.open_memmap(path, mode="r")
        net, plain = (NetRegressor(max_epochs=2, folds=2, hidden_layer_sizes=(4,)) for _ in range(2))
        assert refused(lambda: net.fit(mapped, mapped[:, 0])) is not None
        assert refused(lambda: plain.fit(X, X[:, 0])) is not None
        np.testing.assert_array_equal(net.predict(mapped), plain.predict(X))
        assert path.read_bytes() == before


@examples(8)
@given(data=st.data())
def test_weights__two_or_the_row_twice__is_the_same_network(data: st.DataObject) -> None:
    rows = data.draw(st.integers(4, 40))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    counts = rng.integers(1, 3, rows)
    table = pa.table(
        {
            "size": rng.normal(size=rows) * data.draw(st.sampled_from([1.0, 1e-6, 1e9])),
            "city": rng.choice(["a", "b", "c"], rows),
            "target": rng.normal(size=rows),
        }
    )
    assume(len(set(table["city"].to_pylist())) > 1)
    # Exact only in full batches without parts that are held out.
    alone = {"folds": 1, "early_stopping": False, "dropout": 0.0}
    config = Settings(
        target="target", max_epochs=3, hidden_layer_sizes=(4,), embedding="none", batch_size=1000, **alone
    )
    weighted = refused(lambda: fit(table, config, weight=counts.astype(float)))
    twice = refused(lambda: fit(table.take(np.repeat(np.arange(rows), counts)), config))
    assert weighted is not None
    assert twice is not None
    np.testing.assert_allclose(weighted.predict(table), twice.predict(table), rtol=1e-6, atol=1e-6)
