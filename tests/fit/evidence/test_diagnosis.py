from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from netable.config.settings import Settings
from netable.doctor import SEVERITIES
from netable.errors import DataWarning
from netable.fit.fit import fit
from netable.model.model import Model
from small import QUICK, make_table


def fitted(table: pa.Table, target: str = "price", valid: pa.Table | None = None, **settings: Any) -> Model:
    return fit(table, Settings(**{**QUICK, "target": target, **settings}), valid_table=valid)


def table_of(*targets: str, rows: int = 300) -> pa.Table:
    return make_table(rows).drop_columns(list({"price", "rooms", "dear", "third"} - set(targets)))


def said(model: Model) -> dict[str, str]:
    return {verdict.id: verdict.seen for verdict in model.diagnose()}


@pytest.mark.bad_input(28)
def test_diagnose__28_column_that_gives_the_answer_away__is_the_first_thing_said() -> None:
    verdicts = fitted(table_of("price").append_column("fee", make_table(300).column("price"))).diagnose()

    assert verdicts[0].id == "leakage"
    assert verdicts[0].try_.endswith('ignore_columns=["fee"]')
    order = [SEVERITIES.index(verdict.severity) for verdict in verdicts]
    assert order == sorted(order)


@pytest.mark.bad_input(33)
def test_diagnose__33_very_many_levels__are_learned_and_named(rng: np.random.Generator) -> None:
    codes = rng.permutation([*range(400), *rng.integers(0, 400, 200)])
    table = pa.table({"code": [f"c{code}" for code in codes], "x": rng.normal(size=600)})
    table = table.append_column("y", table.column("x"))

    model = fitted(table, "y")

    assert [(column.name, column.kind) for column in model.schema.used] == [
        ("code", "category"),
        ("x", "number"),
    ]
    assert len(model.encoder.levels["code"]) == 400
    with pytest.warns(DataWarning, match=r"'code' \(1\)"):
        predicted = model.predict(pa.table({"code": ["c1", "never"], "x": [0.0, 1.0]}))
    assert np.isfinite(predicted).all()
    assert "have a value absent from training" in said(model)["identifier"]


def test_diagnose__rare_levels_that_help__are_not_called_names_of_rows(rng: np.random.Generator) -> None:
    codes = rng.permutation(
        [*range(240), *np.repeat(np.arange(240, 270), 5)]
    )  # 60% of rows have a level of their own
    effect = np.concatenate([np.zeros(240), 4 * rng.normal(size=30)])
    table = pa.table({"ticket": [f"c{code}" for code in codes], "x": rng.normal(size=len(codes))})
    noise = 0.3 * rng.normal(size=len(codes))

    helped = fitted(table.append_column("y", pa.array(effect[codes] + noise)), "y", max_epochs=40)
    alone = fitted(table.append_column("y", pa.array(table.column("x").to_numpy() + noise)), "y")

    assert "identifier" not in said(helped)
    assert "'ticket'" in said(alone)["identifier"]


@pytest.mark.bad_input(112)
def test_diagnose__58_fewer_rows_than_columns__is_said(rng: np.random.Generator) -> None:
    X = rng.normal(size=(30, 40))
    table = pa.table({f"x{i}": column for i, column in enumerate(X.T)} | {"y": X[:, 0]})

    assert said(fitted(table, "y"))["too_little_data"].startswith("30 training rows for 40 columns")


def test_diagnose__rows_that_change__are_said_of_a_validation_table() -> None:
    table = table_of("dear")
    age = table.column_names.index("age")
    later = table.set_column(age, "age", pa.array(table.column("age").to_numpy() + 25))

    assert "'age'" in said(fitted(table, "dear", later))["drift"]
    assert "drift" not in said(fitted(table, "dear", table))


def test_diagnose__training_went_on_from_somewhere__says_nothing_of_the_outcome() -> None:
    table = table_of("dear")
    first = fitted(table, "dear")
    again = fit(table, Settings(target="dear", **QUICK), start=first)

    assert again.results["linear"] == {}
    assert not {"underfitting", "miscalibrated", "class_never_predicted"} & said(again).keys()


def test_diagnose__rows_of_no_weight__do_not_judge() -> None:
    table = table_of("dear")
    weight = np.ones(300)
    weight[100:] = 0

    model = fit(table, Settings(target="dear", **QUICK), weight=weight)

    assert model.results["linear"]["rows"] <= 100


def test_results__linear__stands_beside_the_networks_on_the_same_rows(regression_model: Model) -> None:
    found = regression_model.results["linear"]

    assert (found["folds"], found["rows"]) == (2, 120)
    assert found["linear"]["r2"] > 0.8
    assert found["netable"].keys() == found["linear"].keys() == regression_model.results["valid"].keys()


def test_diagnose__same_seed__same_words() -> None:
    table = table_of("third")

    assert fitted(table, "third").diagnose() == fitted(table, "third").diagnose()


def test_diagnose__several_targets__are_all_looked_at() -> None:
    table = table_of("price", "rooms").append_column("fee", make_table(300).column("rooms"))

    assert "'fee'" in said(fitted(table, ("price", "rooms")))["leakage"]  # type: ignore[arg-type]
