from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from guarding import homes
from netable.drift import Drift, monitor
from netable.errors import ConfigError, DataError
from netable.model.model import Model
from small import make_table


def compare(model: Model, reference: object = None, **columns: object) -> Drift:
    return monitor(model, pa.table(homes(1000, 1) | columns), reference)


@pytest.mark.parametrize("seed", range(1, 7))
def test_monitor__fresh_rows__are_no_alarm(homes_model: Model, seed: int) -> None:
    drift = monitor(homes_model, pa.table(homes(1000, seed)))

    assert not drift.is_alarm
    assert drift.moved == []
    assert drift.verdict[0] == "No column moved: 1,000 rows, like those of training in 6 columns."
    assert drift.verdict[-1] == "Nothing to do."


def test_monitor__half_a_deviation__is_found_with_its_weight(homes_model: Model) -> None:
    drift = compare(homes_model, height=homes(1000, 1)["height"] + 5)

    first = drift.columns[0]
    assert (first.name, first.moved) == ("height", True)
    assert first.distance == pytest.approx(0.2, abs=0.04)
    assert first.weight > 0.2
    assert first.what.startswith("median 17")
    assert drift.outcomes[0].moved
    assert "height" in drift.verdict[0]


def test_monitor__another_unit__is_called_that(homes_model: Model) -> None:
    column = compare(homes_model, weight=homes(1000, 1)["weight"] * 2.2).columns[0]

    assert column.name == "weight"
    assert column.advice == ("Check its unit: the spread is 2.2 times that of training, in the same shape.")


def test_monitor__level_that_doubled__is_found(homes_model: Model) -> None:
    city = homes(1000, 1)["city"].copy()
    city[np.flatnonzero(city == "Busan")[:100]] = "Jeju"
    drift = compare(homes_model, city=city)

    assert [column.name for column in drift.moved] == ["city"]
    assert "Jeju" in drift.moved[0].what


def test_monitor__gaps__are_found_and_need_a_look(homes_model: Model) -> None:
    age = np.where(np.arange(1000) % 2 == 0, np.nan, homes(1000, 1)["age"])
    drift = compare(homes_model, age=age)

    assert [column.name for column in drift.moved] == ["age"]
    assert drift.moved[0].what == "missing in 60% of the rows (20% in training)"
    assert drift.moved[0].advice == "Find out why cells are missing."
    assert drift.verdict[-1] == "It matters little: the predictions hardly depend on what moved."


def test_monitor__column_without_a_value__is_found(homes_model: Model) -> None:
    drift = compare(homes_model, weight=np.full(1000, np.nan))

    assert drift.columns[0].name == "weight"
    assert drift.columns[0].now == "none"


def test_monitor__later_dates__move_but_are_no_alarm(homes_model: Model) -> None:
    drift = compare(homes_model, sold=homes(1000, 1)["sold"] + np.timedelta64(100, "D"))

    assert [column.name for column in drift.moved] == ["sold"]
    assert not drift.is_alarm


def test_monitor__errors_that_rose__are_told(homes_model: Model) -> None:
    drift = compare(homes_model, price=homes(1000, 1)["price"] + 30)

    assert drift.error is not None
    assert (drift.error.moved, drift.error.rose) == (True, True)
    assert drift.error.metrics["rmse"] > 20
    assert drift.verdict[-1] == "Train with recent rows, and look at the columns below first."


def test_monitor__some_answers_or_none__are_measured_as_far_as_they_go(homes_model: Model) -> None:
    price = homes(1000, 1)["price"].copy()
    price[100:] = np.nan
    some = compare(homes_model, price=price)
    none = monitor(homes_model, pa.table(homes(1000, 1)).drop_columns("price"))

    assert some.error is not None
    assert some.error.rows == 100
    assert none.error is None
    assert not none.is_alarm


def test_monitor__columns_that_no_longer_go_together__are_found(homes_model: Model) -> None:
    rows = homes(1000, 1)
    drift = compare(homes_model, weight=np.random.default_rng(0).permutation(rows["weight"]))

    assert drift.together.moved
    assert not any(column.moved for column in drift.columns)
    assert "Each column is distributed as before, but they go together in another way." in drift.verdict


def test_monitor__reference_table__has_networks_tell_the_rows_apart(homes_model: Model) -> None:
    before = pa.table(homes(1500, 0))
    same = monitor(homes_model, pa.table(homes(600, 1)), before)
    moved = compare(homes_model, before, height=homes(1000, 1)["height"] + 15)

    assert same.source == "table"
    assert same.together.auc == pytest.approx(0.5, abs=0.06)
    assert not same.is_alarm
    assert moved.together.auc is not None
    assert moved.together.auc > 0.7


def test_monitor__model_without_a_reference__needs_a_table(homes_model: Model) -> None:
    bare = replace(homes_model, reference=None)
    rows = pa.table(homes(300, 1))

    with pytest.raises(ConfigError, match="keeps no reference"):
        monitor(bare, rows)
    drift = monitor(bare, rows, pa.table(homes(600, 0)))
    assert drift.outcomes == ()
    assert drift.columns


@pytest.mark.bad_input(71)
def test_monitor__no_rows__is_refused(homes_model: Model) -> None:
    with pytest.raises(DataError, match=r"^The table has 0 rows; there is nothing to compare\.$"):
        monitor(homes_model, pa.table(homes(10, 1)).slice(0, 0))


def test_monitor__classes__have_their_probabilities_compared(classifier_model: Model) -> None:
    drift = monitor(classifier_model, make_table(300).drop_columns(["rooms", "price", "third"]))

    assert [outcome.name for outcome in drift.outcomes] == ["no", "yes"]
    assert drift.error is not None


def test_to_dict__any_drift__is_json(homes_model: Model) -> None:
    plain = json.loads(json.dumps(compare(homes_model).to_dict(), allow_nan=False))

    assert plain["alarm"] is False
    assert len(plain["columns"]) == 6
