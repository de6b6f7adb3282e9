"""The estimators and the terminal, given any table: a result or one line that says what is wrong."""

from __future__ import annotations

import contextlib
import copy
import csv
import io
import json
import pickle
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from hypothesis import assume, event, given
from hypothesis import strategies as st
from sklearn.base import clone

from checking import columns_of, examples, only_our_warnings
from checking import refused as refused_by
from netable import NetClassifier, NetRegressor
from netable.cli.app import run
from random_tables import TARGET, Drawn, numbers, one_in, tables

refused = partial(refused_by, by_scikit_learn=True)
QUICK = {"max_epochs": 2, "folds": 2, "hidden_layer_sizes": (4,), "embedding": "none"}
ESTIMATORS = st.sampled_from([NetClassifier, NetRegressor])


def check_estimator(net: Any, X: Any, n_rows: int) -> None:
    predicted = refused(lambda: net.predict(X))
    assert predicted is not None
    assert len(predicted) == n_rows
    if isinstance(net, NetRegressor):
        assert np.isfinite(predicted).all()
        assert predicted.dtype == np.float64
    else:
        probability = refused(lambda: net.predict_proba(X))
        assert probability is not None
        np.testing.assert_allclose(probability.sum(1), 1, atol=1e-12)
        assert predicted.dtype == net.classes_.dtype
        np.testing.assert_array_equal(predicted, net.classes_[probability.argmax(1)])
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        np.testing.assert_array_equal(refused(lambda other=other: other.predict(X)), predicted)


def target_of(drawn: Drawn) -> Any:
    """The target as a series or an array of its library, or a list."""
    column = drawn.source[TARGET]
    return column.to_pylist() if hasattr(column, "to_pylist") else column


@examples(20)
@given(data=st.data())
def test_estimators__any_frame__are_fitted_or_refuse_it(data: st.DataObject) -> None:
    drawn: Drawn = data.draw(tables())
    X = columns_of(drawn.source, [name for name in drawn.names if name != TARGET])
    net = data.draw(ESTIMATORS)(**QUICK)
    fitted = refused(lambda: net.fit(X, target_of(drawn)))
    event("fitted" if fitted else "refused")
    if fitted is None:
        assert not hasattr(net, "model_")
        return
    check_estimator(net, X, drawn.n_rows)
    again = refused(lambda: clone(net).fit(X, target_of(drawn)))
    assert again is not None
    np.testing.assert_array_equal(refused(lambda: again.predict(X)), refused(lambda: net.predict(X)))


@st.composite
def arrays(draw: Any) -> np.ndarray:
    """An array of any numbers, in any layout."""
    rows, columns = draw(st.integers(0, 40)), draw(st.integers(0, 5))
    finite = not draw(one_in(5))
    pool = draw(st.lists(st.one_of(numbers(finite=finite), st.just(np.nan)), min_size=1, max_size=30))
    cells = np.random.default_rng(draw(st.integers(0, 99))).choice(pool, (rows, columns))
    kind = draw(
        st.sampled_from(["float64", "float64", "float32", "int64", "bool", "object", ">f8", "float16"])
    )
    with np.errstate(all="ignore"):
        X = (np.nan_to_num(cells).clip(-1e9, 1e9) if kind in ("int64", "float16") else cells).astype(kind)
    X = draw(st.sampled_from([X, np.asfortranarray(X), np.repeat(X, 2, axis=0)[::2], X[::-1], X[:, ::-1]]))
    X.flags.writeable = draw(st.booleans())
    return X


@examples(15)
@given(data=st.data())
def test_estimators__any_array__are_fitted_or_refuse_it_and_leave_it_alone(data: st.DataObject) -> None:
    X = data.draw(arrays())
    y = np.random.default_rng(0).integers(0, 3, len(X))
    weight = data.draw(st.sampled_from([None, np.ones(len(X)), np.arange(len(X)), np.zeros(len(X))]))
    kept = [part.tobytes() for part in (X, y) if X.dtype != object]
    flags = str(X.flags)
    net = data.draw(ESTIMATORS)(**QUICK)
    fitted = refused(lambda: net.fit(X, y, sample_weight=weight))
    event("fitted" if fitted else "refused")
    if fitted is not None:
        check_estimator(net, X, len(X))
        refused(lambda: net.predict(data.draw(arrays())))
    assert [part.tobytes() for part in (X, y) if X.dtype != object] == kept
    assert str(X.flags) == flags


def call(*arguments: str) -> tuple[int, str, str]:
    """The exit code and the output of a command."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(list(arguments))
    assert "Traceback" not in err.getvalue()
    assert code in (0, 2), err.getvalue()
    if code:
        assert len(err.getvalue().splitlines()[-1]) < 2000
    return code, out.getvalue(), err.getvalue()


def write(frame: pd.DataFrame, path: Path, data: st.DataObject) -> None:
    text = frame.to_csv(
        index=False,
        sep=data.draw(st.sampled_from([",", ";", "\t", "|"])),
        quoting=data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        lineterminator=data.draw(st.sampled_from(["\n", "\r\n"])),
        na_rep=data.draw(st.sampled_from(["", "NA", "NaN"])),
    )
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "cp949"]))
    path.write_bytes(text.encode(encoding, "backslashreplace"))


@examples(8)
@given(data=st.data())
def test_terminal__any_csv__is_a_run_or_one_line(data: st.DataObject) -> None:
    drawn: Drawn = data.draw(tables())
    with TemporaryDirectory() as folder, only_our_warnings():
        path, output = Path(folder, "table.csv"), Path(folder, "run")
        write(drawn.frame, path, data)
        train = (
            "train",
            str(path),
            "--target",
            TARGET,
            "-o",
            str(output),
            "--max-epochs",
            "2",
            "--no-report",
        )
        code, out, _ = call(
            *train, "--folds", "2", "--hidden-layer-sizes", "4", "--embedding", "none", "--json"
        )
        event(f"train: {code}")
        assume(code == 0)
        trained = json.loads(out)
        assert trained
        model = str(output / "model.netable")
        code, _, err = call("predict", model, str(path), "-o", str(Path(folder, "out.parquet")))
        assert code == 0, err
        predicted = pq.read_table(Path(folder, "out.parquet"))
        out_of_fold = pq.read_table(output / "predictions.parquet")
        assert predicted.num_rows == out_of_fold.num_rows
        code, out, err = call("evaluate", model, str(path), "--json")
        assert code == 0, err
        assert json.loads(out)
        code, _, err = call("inspect", model)
        assert code == 0, err
