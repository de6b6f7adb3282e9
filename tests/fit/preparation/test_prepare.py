from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from netable.config.optimizers import OPTIMIZER_SPECS
from netable.config.settings import Settings
from netable.errors import ConfigError, DataError, DataWarning, SchemaError
from netable.fit.fit import fit
from netable.fit.preparation.prepare import Prepared, prepare
from netable.fit.preparation.resolve import FOLDS, MIN_EPOCHS, STEPS, TINY_EPOCHS
from netable.table.schema import Schema
from small import QUICK, make_table


def prepared(table: pa.Table, config: Settings | None = None, **given: Any) -> Prepared:
    config = config or Settings(target="price")
    valid_table, weight, valid_weight = (given.get(k) for k in ("valid_table", "weight", "valid_weight"))
    return prepare(table, config, valid_table, weight, valid_weight, given.get("target"))


def numbers(n_rows: int, **columns: Any) -> pa.Table:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, n_rows))
    return pa.table({"a": x[0], "b": x[1], "price": x.sum(0)} | columns)


def test_prepare__auto__is_resolved_from_the_rows() -> None:
    config = prepared(make_table(1000).select(["size", "도시", "price"])).recipe

    per_epoch = -(-round(1000 * (1 - 1 / FOLDS["standard"])) // 256)
    assert (config.folds, config.batch_size) == (FOLDS["standard"], 256)
    assert config.max_epochs == STEPS["standard"] // per_epoch
    assert (config.model, config.task, config.lr) == (
        "mlp",
        "regression",
        OPTIMIZER_SPECS["muon"].regression_factor * OPTIMIZER_SPECS["muon"].lr,
    )
    assert config.kinds == {"size": "number", "도시": "category"}
    assert "auto" not in (value for name, value in vars(config).items() if name != "device")


def test_prepare__large_tables__take_larger_batches_and_fewer_epochs() -> None:
    config = prepared(numbers(120_000)).recipe

    assert config.batch_size == 1024
    assert MIN_EPOCHS <= config.max_epochs < 20


def test_prepare__tiny_tables__are_trained_in_full_batches_in_float64_without_dropout() -> None:
    tiny = prepared(numbers(60))

    assert tiny.tiny
    assert tiny.rows.encoded.numbers.dtype == np.float64
    assert (tiny.recipe.batch_size, tiny.recipe.max_epochs) == (60, TINY_EPOCHS)
    assert (tiny.recipe.dropout, tiny.recipe.folds) == (0.0, 5)
    assert not tiny.plan.stops_early
    assert tiny.plan.final == (5,)
    assert tiny.plan.train_rows[5].tolist() == list(range(60))
    assert not prepared(numbers(100)).tiny


def test_prepare__settings_that_are_given__are_kept() -> None:
    given = Settings(target="price", folds=3, batch_size=7, max_epochs=9, lr=0.5, model="linear")
    config = prepared(numbers(200), given).recipe

    assert (config.folds, config.batch_size, config.max_epochs) == (3, 7, 9)
    assert (config.lr, config.model) == (0.5, "linear")


def test_prepare__no_target__is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match=r"^target is not set: name the column to predict\.$"):
        prepared(numbers(20), Settings())


@pytest.mark.bad_input(49)
def test_prepare__target_that_is_not_there__names_the_nearest() -> None:
    message = r"^The target column 'pric' is not in the table\. Did you mean 'price'\?$"
    with pytest.raises(SchemaError, match=message):
        prepared(numbers(20), Settings(target="pric"))


@pytest.mark.bad_input(49)
@pytest.mark.parametrize("role", ["weight_column", "group_column", "time_column"])
def test_prepare__other_column_that_is_not_there__names_the_nearest(role: str) -> None:
    what = role.removesuffix("_column")
    message = rf"^The {what} column \({role}\) 'prices' is not in the table\. Did you mean 'price'\?$"
    with pytest.raises(SchemaError, match=message):
        prepared(numbers(20), Settings(target="price", **{role: "prices"}))


@pytest.mark.bad_input(64)
def test_prepare__target_and_row_columns__are_no_features() -> None:
    table = numbers(40, w=np.ones(40), g=np.arange(40) % 5)
    config = Settings(target="price", weight_column="w", group_column="g")

    assert prepared(table, config).encoder.number_names == ("a", "b")


@pytest.mark.bad_input(57)
def test_prepare__one_row__is_refused() -> None:
    message = r"^There is only one sample; two rows are needed: one to learn from and one to judge by\.$"
    kinds = {"a": "number", "b": "number"}
    with pytest.raises(DataError, match=message), pytest.warns(DataWarning, match="Constant target"):
        prepared(numbers(1), Settings(target="price", kinds=kinds))


def test_prepare__more_folds_than_rows__is_refused() -> None:
    message = r"^20 rows cannot be split into 21 parts; use fewer folds or more rows\.$"
    with pytest.raises(DataError, match=message):
        prepared(numbers(20), Settings(target="price", folds=21))


def test_prepare__folds_that_are_found_out__never_exceed_rows_groups_or_times() -> None:
    assert prepared(numbers(3)).recipe.folds == 3
    table = numbers(40, g=np.arange(40) % 3)
    assert prepared(table, Settings(target="price", group_column="g")).recipe.folds == 3
    table = numbers(40, t=(np.arange(40) % 4).astype(float))
    assert prepared(table, Settings(target="price", time_column="t")).recipe.folds == 3


@pytest.mark.bad_input(63)
@pytest.mark.parametrize("folds", [1, 4])
def test_prepare__group_column__never_straddles(folds: int) -> None:
    groups = np.random.default_rng(0).integers(0, 30, 200).astype(float)
    config = Settings(target="price", group_column="g", folds=folds)
    plan = prepared(numbers(200, g=groups), config).plan

    for held in plan.held_out:
        assert not set(groups[held.rows]) & set(groups[plan.train_rows[held.member]])


@pytest.mark.bad_input(63)
def test_prepare__groups_shared_with_the_validation_table__are_refused() -> None:
    table, valid = numbers(40, g=np.arange(40) // 4), numbers(8, g=np.arange(8) + 8)
    config = Settings(target="price", group_column="g")
    with pytest.raises(DataError, match=r"^Groups are in both the training and the validation rows: 8, 9\.$"):
        prepared(table, config, valid_table=valid)
    prepared(table, config, valid_table=numbers(8, g=np.arange(8) + 10))


@pytest.mark.bad_input(63)
def test_prepare__validation_table_without_the_group_column__is_refused() -> None:
    message = r"^In the validation table, the group column 'g' is not in the table\."
    with pytest.raises(SchemaError, match=message):
        prepared(
            numbers(40, g=np.arange(40) // 4),
            Settings(target="price", group_column="g"),
            valid_table=numbers(8),
        )


def test_prepare__time_column__judges_only_by_what_comes_later() -> None:
    days = np.random.default_rng(0).permutation(200).astype("datetime64[D]").astype("datetime64[us]")
    for folds in (1, 4):
        config = Settings(target="price", time_column="day", folds=folds)
        plan = prepared(numbers(200, day=pa.array(days)), config).plan
        for held in plan.held_out:
            assert days[plan.train_rows[held.member]].max() < days[held.rows].min()


def test_prepare__validation_table__judges_and_never_teaches() -> None:
    result = prepared(numbers(40), valid_table=numbers(21))

    assert (len(result.rows), result.n_rows, len(result.train_rows)) == (61, 40, 40)
    assert [rows.tolist() for rows in result.plan.train_rows] == [list(range(40))]
    judged = np.sort(np.concatenate([held.rows for held in result.plan.held_out]))
    assert judged.tolist() == list(range(40, 61))
    assert result.recipe.folds == 1


@pytest.mark.bad_input(2)
def test_prepare__empty_validation_table__is_refused() -> None:
    with pytest.raises(DataError, match=r"^The validation table has 0 rows; there is nothing to judge by\.$"):
        prepared(numbers(40), valid_table=numbers(21).slice(0, 0))


def test_prepare__validation_table_without_early_stopping__only_records() -> None:
    plan = prepared(numbers(40), Settings(target="price", early_stopping=False), valid_table=numbers(9)).plan

    assert not plan.stops_early
    assert plan.held_out


def test_prepare__one_network_without_early_stopping__learns_from_everything() -> None:
    plan = prepared(numbers(40), Settings(target="price", early_stopping=False, folds=1)).plan

    assert plan.train_rows[0].tolist() == list(range(40))
    assert not plan.held_out


def test_prepare__hold_out_halves__are_judged_by_each_other() -> None:
    plan = prepared(numbers(200), Settings(target="price", folds=1, validation_fraction=0.25)).plan
    first, second = plan.held_out

    assert len(first.rows) == len(second.rows) == 25
    assert not {*first.rows, *second.rows} & set(plan.train_rows[0])
    for part, other in ((0, 1), (1, 0)):
        assert plan.candidates[plan.held_out[part].predicted_by].judged_by == (other,)


def test_prepare__folds__each_member_stops_by_the_others_only() -> None:
    plan = prepared(numbers(200), Settings(target="price", folds=4)).plan

    for member, (held, candidate) in enumerate(zip(plan.held_out, plan.candidates, strict=True)):
        assert held.member == held.predicted_by == candidate.member == member
        assert candidate.judged_by == tuple(other for other in range(4) if other != member)
        assert not set(held.rows) & set(plan.train_rows[member])


def test_prepare__seed__decides_the_folds() -> None:
    plans = [prepared(numbers(200), Settings(target="price", seed=seed)).plan for seed in (1, 1, 2)]
    first, again, other = ([held.rows.tolist() for held in plan.held_out] for plan in plans)

    assert first == again != other


@pytest.mark.bad_input(60)
@pytest.mark.bad_input(61)
@pytest.mark.bad_input(62)
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (-1.0, "The weight is negative in row 1 (counted from 1); weights are zero or more."),
        (np.nan, "The weight is missing in row 1 (counted from 1); weights are zero or more."),
        (np.inf, "The weight is infinite in row 1 (counted from 1); weights are zero or more."),
    ],
)
@pytest.mark.parametrize("as_column", [True, False])
def test_prepare__weights_that_cannot_be__are_refused(bad: float, message: str, as_column: bool) -> None:
    weight = np.ones(20)
    weight[0] = bad
    table = numbers(20, w=weight) if as_column else numbers(20)
    config = Settings(target="price", weight_column="w" if as_column else None)
    with pytest.raises(DataError) as caught:
        prepared(table, config, weight=None if as_column else weight)
    assert str(caught.value) == message


@pytest.mark.bad_input(61)
def test_prepare__all_weights_zero__is_refused() -> None:
    with pytest.raises(DataError, match=r"^All 20 weights are zero; at least one row must count\.$"):
        prepared(numbers(20), weight=np.zeros(20))


@pytest.mark.bad_input(61)
def test_prepare__a_member_whose_rows_all_weigh_zero__is_refused() -> None:
    weight = np.zeros(40)
    weight[30:] = 1
    config = Settings(target="price", time_column="t", folds=3)
    message = r"^All 10 rows that member 0 learns from have a weight of zero\.$"
    with pytest.raises(DataError, match=message):
        prepared(numbers(40, t=np.arange(40.0)), config, weight=weight)


@pytest.mark.bad_input(59)
def test_prepare__another_number_of_weights_than_rows__is_refused() -> None:
    with pytest.raises(DataError, match=r"^There must be one weight for each of 20 rows; got 19\.$"):
        prepared(numbers(20), weight=np.ones(19))
    with pytest.raises(DataError, match=r"^There must be one weight for each of 8 rows; got 2\.$"):
        prepared(numbers(20), valid_table=numbers(8), valid_weight=np.ones(2))


def test_prepare__weights_given_and_a_weight_column__the_given_ones_count() -> None:
    halves = np.repeat([1.0, 0.5], 10)
    table = numbers(20, w=halves)
    config = Settings(target="price", weight_column="w")

    assert prepared(table, config).rows.weight.tolist() == halves.tolist()
    assert prepared(table, config, weight=halves[::-1]).rows.weight.tolist() == halves[::-1].tolist()


def test_prepare__arrays__can_be_written_to() -> None:
    rows = prepared(make_table(), Settings(target="dear", ignore_columns=("price",))).rows

    assert all(array.flags.writeable for array in (*rows.encoded[:2], rows.y, rows.weight))


@pytest.mark.parametrize("with_validation", [False, True])
def test_prepare__each_table__is_converted_once(
    with_validation: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, calls, select = make_table(), [], Schema.select

    def counting_select(schema: Schema, rows: pa.Table, **options: Any) -> pa.Table:
        calls.append(rows.num_rows)
        return select(schema, rows, **options)

    monkeypatch.setattr(Schema, "select", counting_select)
    fit(table, Settings(target="price", **QUICK), valid_table=make_table(50) if with_validation else None)

    assert calls == ([120, 50] if with_validation else [120])
