"""Methods on the same folds."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import netable
from netable.comparison import MethodResult, methods, run
from netable.comparison.inference import estimate
from netable.comparison.methods import Lesson
from netable.comparison.run import Turn, compare, compare_table
from netable.config.settings import Settings
from netable.errors import ConfigError, DataError
from netable.model.several_tests import holm
from small import QUICK, make_table

OURS = ("constant", "linear")


def prices(n_rows: int = 120) -> pa.Table:
    return make_table(n_rows).select(["size", "age", "도시", "garden", "sold", "price"])


def quick(**settings: Any) -> Settings:
    return Settings(**{"target": "price", **QUICK, **settings})


def test_compare_table__regression__puts_the_best_first_and_tells_the_rest_from_it() -> None:
    found = compare_table(
        prices(), quick(max_epochs=8), outer_folds=3, methods=["constant", "linear", "lightgbm"]
    )

    assert found.best.name in ("linear", "lightgbm")
    assert found.methods[-1].name == "constant"
    errors = [method.error for method in found.measured]
    assert errors == sorted(errors)
    for method in found.measured:
        assert method.error == pytest.approx(np.mean(method.by_fold))
        assert method.lower < method.error < method.upper
        assert set(method.metrics) == {"rmse", "mae", "r2"}
    assert [d.name for d in found.differences] == [method.name for method in found.methods[1:]]
    assert found.differences[-1].difference == pytest.approx(found.methods[-1].error - found.best.error)
    assert found.verdict


def test_compare_table__constant__is_the_mean_of_the_training_rows() -> None:
    table = prices()
    y = table.column("price").to_numpy()

    found = compare_table(table, quick(), outer_folds=2, methods=["constant"])

    assert sum(error**2 for error in found.best.by_fold) == pytest.approx(
        sum(np.mean((y[part.valid] - y[part.train].mean()) ** 2) for part in parts(table, 2))
    )


def parts(table: pa.Table, folds: int) -> list[Any]:
    from netable.table.split import fold_parts

    return fold_parts(table.num_rows, folds, seed=0)


def test_compare_table__all_methods__get_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[int, set[tuple[Any, ...]]] = {}

    def spy(name: str) -> methods.Method:
        def learn(lesson: Lesson) -> methods.Answer:
            learned = tuple(lesson.table.column("price").to_pylist())

            def answer(table: pa.Table) -> Any:
                tested = tuple(table.column("price").to_pylist())
                assert not set(learned) & set(tested)
                seen.setdefault(len(seen) if name == "constant" else len(seen) - 1, set()).add(
                    (learned, tested)
                )
                return np.zeros((table.num_rows, 1))

            return answer

        return learn

    monkeypatch.setattr(run, "method", spy)
    monkeypatch.setattr(run, "_turns", lambda names, n: [Turn(m, f, 0, 1) for f in range(n) for m in names])

    compare_table(prices(), quick(), outer_folds=3, methods=OURS)

    assert [len(found) for found in seen.values()] == [1, 1, 1]


def test_compare_table__same_seed__gives_the_same_errors() -> None:
    first, again = (
        compare_table(prices(), quick(), outer_folds=2, methods=["mlp", "lightgbm"]) for _ in range(2)
    )
    other = compare_table(prices(), quick(seed=1), outer_folds=2, methods=["mlp", "lightgbm"])

    assert [m.by_fold for m in first.methods] == [m.by_fold for m in again.methods]
    assert [m.by_fold for m in first.methods] != [m.by_fold for m in other.methods]


def test_compare_table__groups__are_never_divided(monkeypatch: pytest.MonkeyPatch) -> None:
    def learn(lesson: Lesson) -> methods.Answer:
        def answer(table: pa.Table) -> Any:
            assert not {*lesson.table.column("block").to_pylist()} & {*table.column("block").to_pylist()}
            return np.zeros((table.num_rows, 1))

        return answer

    monkeypatch.setattr(run, "method", lambda name: learn)
    table = prices().append_column("block", pa.array([f"b{row % 7}" for row in range(120)]))

    found = compare_table(table, quick(group_column="block"), outer_folds=3, methods=["constant"])

    assert found.about["split"] == "whole groups of 'block'"


def test_compare_table__times__test_on_later_rows_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def learn(lesson: Lesson) -> methods.Answer:
        def answer(table: pa.Table) -> Any:
            assert max(lesson.table.column("sold").to_pylist()) < min(table.column("sold").to_pylist())
            return np.zeros((table.num_rows, 1))

        return answer

    monkeypatch.setattr(run, "method", lambda name: learn)

    found = compare_table(prices(), quick(time_column="sold"), outer_folds=3, methods=["constant"])

    assert found.about["split"].startswith("in the order of 'sold'")


@pytest.mark.parametrize("target", ["dear", "third"])
def test_compare_table__classes__are_judged_by_log_loss(target: str) -> None:
    table = make_table().select(["size", "age", "도시", target])

    found = compare_table(table, quick(target=target), outer_folds=2, methods=["constant", "mlp", "lightgbm"])

    assert found.about["metric"] == "log_loss"
    assert found.about["split"] == "stratified by class"
    constant = next(m for m in found.methods if m.name == "constant")
    shares = np.unique(table.column(target).to_numpy(zero_copy_only=False), return_counts=True)[1] / 120
    assert constant.error == pytest.approx(-(shares * np.log(shares)).sum(), rel=0.01)


def test_compare_table__class_that_a_fold_lacks__has_no_probability_there() -> None:
    """In groups, a class may be in the test rows alone; every method then answers as if it could not be."""
    labels = np.array(["a", "b", "c"] * 40)
    blocks = np.where(labels == "c", "last", np.where(np.arange(120) % 2, "first", "second"))
    table = pa.table({"x": np.arange(120) / 7, "y": labels, "block": blocks})

    found = compare_table(
        table, quick(target="y", group_column="block"), outer_folds=3, methods=["constant", "mlp", "lightgbm"]
    )

    assert not any(method.failure for method in found.methods)
    trees = next(method for method in found.methods if method.name == "lightgbm")
    assert max(trees.by_fold) == pytest.approx(-np.log(np.finfo(np.float32).eps), rel=0.01)


@pytest.mark.parametrize("class_weight", [None, "balanced", {"c": 2.0}])
def test_compare_table__fold_of_one_class__is_learned_from_all_the_same(class_weight: Any) -> None:
    labels = np.array(["a"] * 60 + ["b"] * 30 + ["c"] * 30)
    blocks = np.where(labels == "a", "first", "second")
    table = pa.table({"x": np.arange(120) / 7, "y": labels, "block": blocks})
    config = quick(target="y", group_column="block", class_weight=class_weight, folds=1, early_stopping=False)

    found = compare_table(table, config, outer_folds=2, methods=["constant", "linear", "mlp"])

    assert [method.failure for method in found.methods] == ["", "", ""]


def test_compare_table__rows_that_our_own_cannot_learn_from__are_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise DataError("These rows teach nothing.")

    monkeypatch.setattr(methods, "fit", fail)

    found = compare_table(prices(), quick(), outer_folds=2, methods=["constant", "linear"])

    assert [(m.name, m.failure) for m in found.methods] == [
        ("constant", ""),
        ("linear", "These rows teach nothing."),
    ]


def test_differences__three_methods__allow_for_all_three_pairs() -> None:
    noise = np.random.default_rng(0).normal(size=(3, 8))
    results = [
        MethodResult(name, float(errors.mean()), by_fold=tuple(errors))
        for name, errors in zip("abc", noise / 10 + np.array([[1.0], [1.1], [2.0]]), strict=True)
    ]

    found = run._differences(results, 0.2)

    pairs = [(0, 1), (0, 2), (1, 2)]
    plain = [estimate(np.subtract(results[j].by_fold, results[i].by_fold), 0.2).p for i, j in pairs]
    assert [d.name for d in found] == ["b", "c"]
    assert [d.p for d in found] == holm(plain)[:2]


def test_compare_table__weights__count_in_learning_and_in_figures() -> None:
    y = np.tile([0.0, 0.0, 0.0, 9.5], 30) + np.random.default_rng(0).random(120) / 100
    table = pa.table(
        {"x": np.random.default_rng(1).normal(size=120), "y": y, "w": np.tile([0.0, 0.0, 0.0, 1.0], 30)}
    )

    found = compare_table(
        table, quick(target="y", weight_column="w"), outer_folds=2, methods=["constant", "lightgbm"]
    )

    assert found.about["columns"] == 1
    for method in found.methods:
        assert method.error < 0.01


def test_compare_table__loss__is_what_all_learn_and_are_judged_by() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=400)
    table = pa.table({"x": x, "y": x + rng.exponential(size=400) * 3})
    config = quick(target="y", loss="quantile", quantile=0.9, max_epochs=30)

    found = compare_table(table, config, outer_folds=2, methods=["constant", "linear", "lightgbm"])

    assert found.about["metric"] == "pinball_loss"
    for method in found.methods:
        assert method.metrics["share_below"] == pytest.approx(0.9, abs=0.08)


def test_compare_table__several_targets__are_learned_by_all() -> None:
    table = make_table().select(["size", "age", "price", "rooms"])

    found = compare_table(
        table, quick(target=("price", "rooms")), outer_folds=2, methods=["constant", "linear", "lightgbm"]
    )

    assert [method.failure for method in found.methods] == ["", "", ""]
    assert found.methods[-1].name == "constant"


def test_compare_table__peer_that_fails__is_named_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("no\n such thing")

    monkeypatch.setattr("netable.comparison.methods.trees", fail)

    found = compare_table(prices(), quick(), outer_folds=2, methods=["constant", "lightgbm"])

    assert [(m.name, m.failure) for m in found.methods] == [
        ("constant", ""),
        ("lightgbm", "ValueError: no such thing"),
    ]
    assert found.differences == ()


def test_compare_table__peer_not_installed__is_left_out_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "is_installed", lambda name: name in ("constant", "linear"))

    found = compare_table(prices(), quick(), outer_folds=2)

    assert found.missing == ("mlp", "auto", "lightgbm", "xgboost", "catboost")
    with pytest.raises(ConfigError, match=r"^None of these is installed: catboost\. Try: pip install"):
        compare_table(prices(), quick(), outer_folds=2, methods=["catboost"])


def test_compare_table__notes_on_the_data__are_given_once() -> None:
    table = prices().append_column("id", pa.array([f"h{row:03}" for row in range(120)]))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compare_table(table, quick(), outer_folds=3, methods=OURS)

    assert [str(w.message) for w in caught] == [
        "Left out, looks like an identifier: 'id'. To keep a column, set its kind."
    ]


def test_compare_table__on_turn__hears_of_every_fit_before_it() -> None:
    turns: list[Turn] = []

    compare_table(prices(), quick(), outer_folds=2, methods=OURS, on_turn=turns.append)

    assert turns == [
        Turn("constant", 0, 0, 4),
        Turn("linear", 0, 1, 4),
        Turn("linear", 1, 2, 4),
        Turn("constant", 1, 3, 4),
    ]


def test_compare_table__interrupted_fit__ends_the_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(table: pa.Table, config: Settings, **options: Any) -> Any:
        model = fit(table, config, **options)
        model.history.ending = "interrupted"
        return model

    fit = methods.fit
    monkeypatch.setattr(methods, "fit", interrupted)

    with pytest.raises(KeyboardInterrupt):
        compare_table(prices(), quick(), outer_folds=2, methods=["linear"])


def test_compare_table__model_of_the_settings__does_not_matter() -> None:
    ours = ["linear", "mlp"]

    plain = compare_table(prices(), quick(embedding="auto"), outer_folds=2, methods=ours)
    linear = compare_table(prices(), quick(embedding="auto", model="linear"), outer_folds=2, methods=ours)

    assert [m.by_fold for m in plain.methods] == [m.by_fold for m in linear.methods]


def test_compare_table__mistakes__are_said() -> None:
    with pytest.raises(ConfigError, match=r"^A method cannot be 'lightgm'\. Did you mean 'lightgbm'\?$"):
        compare_table(prices(), quick(), methods=["lightgm"])
    with pytest.raises(ConfigError, match=r"^outer_folds must be an integer of at least 2; got 1\.$"):
        compare_table(prices(), quick(), outer_folds=1)
    weights = np.zeros(120)
    weights[parts(prices(), 2)[0].valid] = 1.0
    table = prices().append_column("w", pa.array(weights))
    with pytest.raises(
        DataError, match=r"^All rows that outer fold \d tests on have a weight of zero; use fewer"
    ):
        compare_table(table, quick(weight_column="w", folds=3), outer_folds=2, methods=["constant"])


def test_compare__frame__is_read_and_compared() -> None:
    import pandas as pd

    frame = pd.DataFrame({"x": np.arange(60) / 7, "y": np.arange(60) / 3})

    found = netable.compare(frame, "y", settings=QUICK, outer_folds=2, methods=["constant", "linear"])

    assert found.best.name == "linear"
    assert found.to_dict()["best"] == "linear"
    with pytest.raises(ConfigError, match=r"^settings has no setting 'foo'"):
        compare(frame, "y", settings={"foo": 1})
