"""Properties of the predictions of every model, on any table."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics

from checking import check_near, columns_of, examples, refused, rows_of, trained
from netable import explain, write_report
from netable.model.file import load, save
from netable.model.model import Model
from netable.system.json import without_nan
from random_tables import TARGET, Drawn, configs, tables


def draw_model(data: st.DataObject) -> tuple[Drawn, Model]:
    """A table of 2 rows or more, and a model of it."""
    drawn: Drawn = data.draw(tables(least_rows=2, wild=False))
    model = trained(drawn.source, data.draw(configs(drawn.names)))
    assume(model is not None)
    assert model is not None
    return drawn, model


def outcome_of(model: Model, source: object) -> np.ndarray:
    found = refused(lambda: model.outcome(source))
    assert found is not None, "refused"
    return found


@examples(12)
@given(data=st.data())
def test_model__saved_or_copied__predicts_the_same_bits(data: st.DataObject) -> None:
    drawn, model = draw_model(data)
    expected = outcome_of(model, drawn.source)
    with TemporaryDirectory() as folder:
        path, again = Path(folder) / "model.netable", Path(folder) / "again.netable"
        save(model, path)
        loaded = load(path)
        save(loaded, again)
        assert again.read_bytes() == path.read_bytes()
    for other in (loaded, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(outcome_of(other, drawn.source), expected)
        np.testing.assert_array_equal(other.labels, model.labels)
    assert without_nan(loaded.results) == without_nan(model.results)


@examples(15)
@given(data=st.data())
def test_predictions__rows_in_another_order_or_alone__are_those_of_the_row(data: st.DataObject) -> None:
    drawn, model = draw_model(data)
    expected = outcome_of(model, drawn.source)
    order = np.random.default_rng(data.draw(st.integers(0, 99))).permutation(drawn.n_rows)
    cut = data.draw(st.integers(1, drawn.n_rows))
    check_near(model, outcome_of(model, rows_of(drawn.source, order)), expected[order])
    for chosen in (order[:1], order[-3:], order[:cut], order[cut:]):
        check_near(model, outcome_of(model, rows_of(drawn.source, chosen)), expected[chosen])


@examples(12)
@given(data=st.data())
def test_predictions__columns_in_another_order_or_beside_others__are_the_same(data: st.DataObject) -> None:
    drawn, model = draw_model(data)
    expected = outcome_of(model, drawn.source)
    backwards = columns_of(drawn.source, list(drawn.names)[::-1])
    np.testing.assert_array_equal(outcome_of(model, backwards), expected)
    used = [column.name for column in model.schema.used]
    np.testing.assert_array_equal(outcome_of(model, columns_of(drawn.source, used)), expected)
    table = refused(lambda: model.read(drawn.source))
    assert table is not None
    beside = table.append_column("unknown to the model", pa.array([object.__name__] * drawn.n_rows))
    np.testing.assert_array_equal(outcome_of(model, beside), expected)


@examples(12)
@given(data=st.data())
def test_fit__same_seed__is_the_same_bits(data: st.DataObject) -> None:
    drawn: Drawn = data.draw(tables(least_rows=2, wild=False))
    settings = data.draw(configs(drawn.names))
    models = [trained(drawn.source, settings) for _ in range(2)]
    assert (models[0] is None) == (models[1] is None)
    if models[0] and models[1]:
        one, two = (model.net.state_dict() for model in models if model)
        assert all(one[name].equal(two[name]) for name in one)
        results = [{**model.results, "fit_seconds": 0} for model in models if model]
        assert without_nan(results[0]) == without_nan(results[1])


@examples(15)
@given(data=st.data())
def test_evaluate__any_table__is_what_scikit_learn_says_of_the_predictions(data: st.DataObject) -> None:
    drawn, model = draw_model(data)
    table = refused(lambda: model.read(drawn.source, labelled=True))
    assert table is not None
    every = np.ones(drawn.n_rows)
    found = refused(lambda: model.evaluate(drawn.source, weight=every))
    assert found is not None
    outcome, y = outcome_of(model, drawn.source), model.target.encode(table)
    if model.task == "regression":
        expected = metrics.mean_absolute_error(y, outcome)
        assert found["metrics"]["mae"] is not None
        np.testing.assert_allclose(found["metrics"]["mae"], expected, rtol=1e-9)
        return
    np.testing.assert_array_equal(model.labels[y], model.target.decode(y))
    np.testing.assert_allclose(
        found["metrics"]["accuracy"], metrics.accuracy_score(y, outcome.argmax(1)), rtol=1e-12
    )
    expected = metrics.log_loss(y, outcome, labels=np.arange(outcome.shape[1]))
    np.testing.assert_allclose(found["metrics"]["log_loss"], expected, rtol=1e-6)


@examples(8)
@given(data=st.data())
def test_explain__any_table__adds_up_to_the_prediction(data: st.DataObject) -> None:
    drawn, model = draw_model(data)
    explanation = refused(lambda: explain(model, drawn.source))
    assert explanation is not None
    rows = list(range(min(drawn.n_rows, 3)))
    found = refused(lambda: explanation.contributions(rows, max_rows=8))
    assert found is not None
    assert np.isfinite(found.values).all()
    check_near(model, found.base + found.values.sum(1), found.outcome)
    importance = refused(lambda: explanation.importance(repeats=2, max_rows=50))
    assert importance is not None
    assert {each.name for each in importance} == {column.name for column in model.schema.used}
    assert TARGET not in {each.name for each in importance}


@examples(2)
@given(data=st.data())
def test_report__any_model__is_a_page(data: st.DataObject) -> None:
    drawn, model = draw_model(data)
    with TemporaryDirectory() as folder:
        page, source = Path(folder) / "report.html", data.draw(st.sampled_from([None, drawn.source]))
        assert refused(lambda: write_report(model, page, source) or True)
        assert page.read_text(encoding="utf-8").rstrip().endswith("</html>")
