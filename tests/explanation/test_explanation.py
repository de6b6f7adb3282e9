from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from netable import NetClassifier, explain
from netable.config.settings import Settings
from netable.errors import DataError, SchemaError
from netable.explanation import contributions, interaction, partial_dependence, permutation_importance
from netable.fit.fit import fit
from netable.model.file import save
from netable.model.model import Model
from netable.system.wording import number
from small import QUICK, make_table

FEATURES = ["size", "age", "도시", "garden", "sold"]


def test_explain__right_after_fit__rows_are_judged_by_members_that_have_not_seen_them(
    regression_model: Model,
) -> None:
    rows = regression_model.learned_from
    assert rows is not None
    expected = permutation_importance(
        regression_model, rows.judged, fold=rows.unseen_by, weight=rows.judged_rows.weight
    )

    assert explain(regression_model).importance() == expected


@pytest.mark.filterwarnings("ignore:About .* of these rows equal rows:netable.DataWarning")
def test_explain__hold_out_of_a_single_network__judges_held_out_rows_alone() -> None:
    table = make_table().select(["size", "age", "price"])
    model = fit(table, Settings(target="price", **{**QUICK, "folds": 1}))
    rows = model.learned_from
    assert rows is not None
    held_out = np.flatnonzero(rows.unseen_by == 0)

    assert 0 < len(held_out) < 120
    honest = explain(model).importance()
    assert honest == permutation_importance(model, table.take(held_out), fold=np.zeros(len(held_out), int))


@pytest.mark.filterwarnings("ignore:About .* of these rows equal rows:netable.DataWarning")
def test_explain__rows_that_every_member_learned_from__are_judged_by_all() -> None:
    table = make_table(60).select(["size", "age", "price"])  # tiny: members of folds only score
    model = fit(table, Settings(target="price", **QUICK))
    rows = model.learned_from
    assert rows is not None

    assert (rows.unseen_by == -1).all()
    assert explain(model).fold is None
    assert len(explain(model).importance()) == 2


def test_explain__after_a_warm_start__no_member_counts_as_one_that_has_not_seen_rows(
    regression_model: Model,
) -> None:
    rows = regression_model.learned_from
    assert rows is not None
    warm = replace(regression_model, learned_from=replace(rows, outcome=np.full_like(rows.outcome, np.nan)))

    assert explain(regression_model).fold is not None
    assert explain(warm).fold is None


def test_explain__page__shows_python_that_runs(
    regression_model: Model,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "explain.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```$", page, flags=re.DOTALL | re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    Path("runs/houses").mkdir(parents=True)
    save(regression_model, "runs/houses/model.netable")
    fresh = make_table(180).slice(120).select([*FEATURES, "price"])
    pyarrow.csv.write_csv(fresh, "sold.csv")

    exec(block, {})

    predicted = regression_model.predict(fresh)[2]
    assert float(capsys.readouterr().out.splitlines()[-1].strip("[]")) == pytest.approx(predicted, rel=1e-4)


def test_explain__a_source__is_read_as_in_training(regression_model: Model) -> None:
    fresh = make_table(300).slice(120).select([*FEATURES, "price"])
    text = fresh.set_column(1, "age", fresh.column("age").cast(pa.string()))

    explanation = explain(regression_model, text)

    assert explanation.importance(repeats=1) == permutation_importance(regression_model, fresh, repeats=1)
    found, expected = explanation.dependence("age"), partial_dependence(regression_model, fresh, "age")
    assert (found.outcome == expected.outcome).all()
    options = {"points": 3, "max_rows": 9}
    found, expected = (
        explanation.interaction("size", "age", **options),
        interaction(regression_model, fresh, "size", "age", **options),
    )
    assert (found.outcome == expected.outcome).all()


def test_explain__some_rows__are_explained_beside_the_table(regression_model: Model) -> None:
    fresh = make_table(140).slice(120).select(FEATURES)
    explanation = explain(regression_model, fresh)

    some = explanation.contributions([3, 1])

    expected = contributions(regression_model, fresh.take([3, 1]), fresh)
    assert (some.values == expected.values).all()
    assert explanation.contributions().values.shape == (20, 5, 1)
    with pytest.raises(DataError, match=r"^There is no row at position 20; there are 20, from 0\.$"):
        explanation.contributions([20])
    with pytest.raises(DataError, match=r"^There is no row at position -1; there are 20, from 0\.$"):
        explanation.contributions([-1])


def test_explain__without_rows__says_what_to_give(regression_model: Model) -> None:
    message = r"^A model keeps its rows only until it is saved; give it a table to explain\.$"
    with pytest.raises(DataError, match=message):
        explain(replace(regression_model, learned_from=None))


def test_explain__without_the_target__importance_alone_is_refused(regression_model: Model) -> None:
    explanation = explain(regression_model, make_table().select(FEATURES))

    assert explanation.dependence("size").name == "size"
    with pytest.raises(SchemaError, match=r"^The target column 'price' is not in the table\."):
        explanation.importance()


def test_explain__estimator__takes_arrays_and_labels_of_any_type(rng: np.random.Generator) -> None:
    X = rng.normal(size=(200, 2))
    y = np.where(X[:, 1] > 0, 30, 4)
    net = NetClassifier(max_epochs=5, folds=2, hidden_layer_sizes=(4,)).fit(X[:120], y[:120])

    explanation = net.explain(X[120:], y[120:])

    assert explanation.importance()[0].name == "x1"
    found = net.explain(X[120:]).contributions([0])
    assert found.outputs == ("4", "30")
    np.testing.assert_allclose(found.outcome, net.predict_proba(X[120:121]), rtol=1e-5)
    with pytest.raises(DataError, match=r"^y holds 7, which is not among the classes"):
        net.explain(X[:2], [7, 4])


def test_explain__in_a_notebook__is_a_table_of_each_answer(regression_model: Model) -> None:
    explanation = explain(regression_model, make_table(140).slice(120).select([*FEATURES, "price"]))

    assert "Explanation of predictions of price" in explanation._repr_html_()
    assert "On 20 rows" in explanation._repr_html_()
    importances = explanation.importance(repeats=1)
    assert f">{number(importances[0].mean)}<" in importances._repr_html_()
    dependence = explanation.dependence("도시")
    assert dependence.outputs == ("price",)
    assert ">missing<" in dependence._repr_html_()
    pair = explanation.interaction("size", "도시", points=3)
    assert f"Strength (Friedman&#x27;s H) {pair.strength:.2f}" in pair._repr_html_()
    added = explanation.contributions([0, 1])
    assert ">row 2 of 2<" in added._repr_html_()
    assert f">{number(float(added.values[1, 0, 0]))}<" in added._repr_html_()
