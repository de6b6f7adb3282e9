from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netable.config.settings import Settings
from netable.errors import ConfigError, DataError, DataWarning, SchemaError
from netable.table.target import Target
from netable.table.target_values import labelled


def table(y: Any, dtype: pa.DataType | None = None) -> pa.Table:
    return pa.table({"y": pa.array(y, dtype)})


WHOLE = [0.0, 1.0, 2.0] * 2
MEASURED = [0.5, 1.5, 2.5]
YES_NO = ["yes", "no"] * 2


@pytest.mark.parametrize(
    ("y", "task", "expected"),
    [
        (MEASURED, "auto", Target(("y",), "regression")),
        (np.arange(21.0), "auto", Target(("y",), "regression")),
        (WHOLE, "regression", Target(("y",), "regression")),
        ([True, False] * 2, "regression", Target(("y",), "regression")),
        (["1", "2.5"], "regression", Target(("y",), "regression")),
        ([0.0, 1.0] * 2, "binary", Target(("y",), "binary", (0, 1), "int64")),
        (WHOLE, "multiclass", Target(("y",), "multiclass", (0, 1, 2), "int64")),
        (YES_NO, "multiclass", Target(("y",), "binary", ("no", "yes"), "object")),
        (YES_NO, "auto", Target(("y",), "binary", ("no", "yes"), "object")),
        ([True, False] * 2, "auto", Target(("y",), "binary", (False, True), "bool")),
        (["b", "a", "c"] * 2, "auto", Target(("y",), "multiclass", ("a", "b", "c"), "object")),
        (["9", "10", "1.5"] * 2, "auto", Target(("y",), "multiclass", ("1.5", "9", "10"), "object")),
        (["9", "10", "nan"] * 2, "auto", Target(("y",), "multiclass", ("10", "9", "nan"), "object")),
    ],
)
def test_infer__by_the_values_and_the_task__finds_the_target(y: Any, task: str, expected: Target) -> None:
    assert Target.infer(table(y), "y", task) == expected


def test_infer__few_whole_numbers__are_classes_and_says_so() -> None:
    target = Target.infer(table(WHOLE), "y")

    assert (target.task, target.labels, target.label_dtype) == ("multiclass", (0, 1, 2), "int64")
    assert target.note == "'y' holds 3 whole numbers: taken as classes; task='regression' otherwise."


def test_infer__categories__are_classes_in_the_order_of_text_or_number() -> None:
    target = Target.infer(table(pa.array(["b", "a"] * 2).dictionary_encode()), "y")

    assert target.labels == ("a", "b")


def test_infer__several_columns__are_a_regression() -> None:
    wide = pa.table({"a": WHOLE, "b": [1.5] * 5 + [2.0]})
    target = Target.infer(wide, ["a", "b"])

    assert (target.task, target.d_out, target.storage) == ("regression", 2, {"a": "number", "b": "number"})
    np.testing.assert_array_equal(target.encode(wide), np.column_stack([WHOLE, [1.5] * 5 + [2.0]]))
    with pytest.raises(DataError, match=r"^task='binary' takes one target; got 2: 'a', 'b'\.$"):
        Target.infer(wide, ["a", "b"], "binary")


@pytest.mark.parametrize(
    ("y", "d_out", "storage"),
    [(MEASURED, 1, "number"), (YES_NO, 1, "text"), ([True, False] * 2, 1, "boolean"), (WHOLE, 3, "number")],
)
def test_target__by_its_task__knows_its_width_and_storage(y: Any, d_out: int, storage: str) -> None:
    target = Target.infer(table(y), "y")

    assert (target.d_out, target.storage) == (d_out, {"y": storage})


@pytest.mark.bad_input(49)
def test_infer__missing_column__names_the_nearest() -> None:
    with pytest.raises(
        SchemaError, match=r"^The target column 'yy' is not in the table\. Did you mean 'y'\?$"
    ):
        Target.infer(table(WHOLE), "yy")
    with pytest.raises(
        SchemaError, match=r"^The table lacks 2 columns that are needed: 'yy' \(nearest: 'y'\), 'z'\.$"
    ):
        Target.infer(table(WHOLE), ["yy", "z"])


def test_infer__unknown_task__is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^task cannot be 'regresion'\. Did you mean 'regression'\?$"):
        Target.infer(table(WHOLE), "y", "regresion")


@pytest.mark.bad_input(50)
@pytest.mark.parametrize("y", [[1.5, None, 2.5, None], ["a", None, "b", None]])
def test_infer__missing_values__are_refused_with_their_rows(y: Any) -> None:
    with pytest.raises(
        DataError,
        match=r"^The target 'y' is missing in 2 of 4 rows: rows 2, 4 \(counted from 1\); "
        r"fill them in or remove these rows; missing_target='drop' leaves them out\.$",
    ):
        Target.infer(table(y), "y")


@pytest.mark.bad_input(50)
@pytest.mark.parametrize("task", ["auto", "regression", "binary"])
@pytest.mark.parametrize("y", [[1.0, np.inf, 2.5]])
def test_infer__infinite_values__are_refused_with_their_rows(y: Any, task: str) -> None:
    with pytest.raises(
        DataError, match=r"^The target 'y' is infinite in row 2 \(counted from 1\); correct these rows\.$"
    ):
        Target.infer(table(y), "y", task)


@pytest.mark.bad_input(50)
def test_encode__missing_or_infinite_values__are_refused() -> None:
    target = Target.infer(table(MEASURED), "y")

    with pytest.raises(
        DataError, match=r"^The target 'y' is missing in 1 of 2 rows: row 1 \(counted from 1\); fill"
    ):
        target.encode(table([None, 1.0]))
    with pytest.raises(DataError, match=r"^The target 'y' is infinite in row 2 \(counted from 1\); correct"):
        target.encode(table([1.0, -np.inf]))


@pytest.mark.bad_input(51)
def test_infer__constant_regression_target__is_warned_of() -> None:
    with pytest.warns(DataWarning, match=r"^Constant target; the mean will be predicted: 'y'\.$") as caught:
        target = Target.infer(table([2.5, 2.5]), "y")

    assert target.task == "regression"
    assert caught[0].filename == __file__


@pytest.mark.bad_input(52)
@pytest.mark.parametrize(
    ("y", "label"), [(["a", "a"], "'a'"), ([1.0, 1.0], "1"), ([True, True], "True"), (["a"], "'a'")]
)
def test_infer__one_class__is_refused(y: Any, label: str) -> None:
    with pytest.raises(
        DataError, match=rf"^The target 'y' holds one class only, {label}; a classifier needs at least two\.$"
    ):
        Target.infer(table(y), "y")


@pytest.mark.bad_input(53)
def test_infer__class_with_a_single_row__is_warned_of() -> None:
    with pytest.warns(
        DataWarning, match=r"^Classes of 'y' with a single row are learned but not evaluated: 'b', 'c'\.$"
    ) as caught:
        target = Target.infer(table(["a", "b", "a", "c"]), "y")

    assert target.labels == ("a", "b", "c")
    assert caught[0].filename == __file__


@pytest.mark.bad_input(54)
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_infer__measured_numbers_as_classes__are_refused(task: str) -> None:
    with pytest.raises(
        DataError,
        match=r"^The target 'y' holds 1\.5 in row 2 \(counted from 1\); classes are text or whole numbers\. "
        r"Use task='regression', or name the classes\.$",
    ):
        Target.infer(table([1.0, 1.5, 1.5]), "y", task)


@pytest.mark.bad_input(55)
def test_infer__text_for_a_regression__is_refused_with_the_value() -> None:
    with pytest.raises(
        DataError, match=r"^Column 'y' holds 'dear' in row 2 \(counted from 1\); a number is expected\.$"
    ):
        Target.infer(table(["1", "dear"]), "y", "regression")


def test_infer__three_classes_as_binary__is_refused() -> None:
    with pytest.raises(DataError, match=r"^task='binary' needs two classes; 'y' holds 3: 0, 1, 2\.$"):
        Target.infer(table(WHOLE), "y", "binary")


def test_infer__labels_that_hardly_repeat__are_refused() -> None:
    with pytest.raises(
        DataError,
        match=r"^The target 'y' holds 120 classes in 200 rows, 'a0' first; choose another target, or a regression",
    ):
        Target.infer(table([f"a{i % 120}" for i in range(200)]), "y")


def test_infer__dates__are_refused() -> None:
    with pytest.raises(DataError, match=r"^The target 'y' holds dates; a target is a number or a class\.$"):
        Target.infer(table([datetime(2024, 1, 1)]), "y")


def test_infer__no_rows__is_refused() -> None:
    with pytest.raises(DataError, match=r"^The table has 0 rows; there is nothing to learn from\.$"):
        Target.infer(table([], pa.float64()), "y")


@pytest.mark.bad_input(56)
@pytest.mark.parametrize(
    ("learned", "later", "message"),
    [
        (["aa", "b"] * 2, ["b", "aaa"], r"holds 'aaa' in row 2 \(counted from 1\), .* Did you mean 'aa'\?"),
        (WHOLE, [2.0, 1.0, 7.0], r"holds 7\.0 in row 3 \(counted from 1\), .* There are: '0', '1', '2'\."),
    ],
)
def test_encode__class_never_learned__is_refused(learned: Any, later: Any, message: str) -> None:
    with pytest.raises(DataError, match=f"^The target 'y' {message}$"):
        Target.infer(table(learned), "y").encode(table(later))


@pytest.mark.parametrize(
    ("learned", "later", "codes"),
    [
        (["1", "a"] * 2, [1.0, 1.0], [0, 0]),
        (WHOLE, ["2", "0"], [2, 0]),
        ([0.0, 1.0] * 2, [True, False], [1, 0]),
        ([True, False] * 2, [1.0, -0.0], [1, 0]),
        ([0.0, 1.0] * 2, [-0.0, 1.0], [0, 1]),
    ],
)
def test_encode__same_labels_held_otherwise__gives_the_same_codes(
    learned: Any, later: Any, codes: list[int]
) -> None:
    assert Target.infer(table(learned), "y", "multiclass").encode(table(later)).tolist() == codes


@pytest.mark.parametrize(
    ("y", "dtype"),
    [(YES_NO, object), (WHOLE, np.int64), ([True, False] * 2, np.bool_), (MEASURED, np.float64)],
)
def test_decode__of_encoded__gives_the_labels_with_their_dtype(y: Any, dtype: type) -> None:
    target = Target.infer(table(y), "y")
    codes = target.encode(table(y))
    back = target.decode(codes)

    assert codes.dtype == (np.float64 if target.task == "regression" else np.int64)
    assert codes.shape == ((len(y), 1) if target.task == "regression" else (len(y),))
    assert back.dtype == dtype
    assert back.ravel().tolist() == y


@pytest.mark.bad_input(71)
def test_encode__no_rows__gives_no_rows() -> None:
    assert Target.infer(table(YES_NO), "y").encode(table([], pa.string())).shape == (0,)
    assert Target.infer(table(MEASURED), "y").encode(table([], pa.float64())).shape == (0, 1)


labels = st.one_of(
    st.lists(st.text(max_size=4), min_size=2, max_size=6, unique=True),
    st.lists(st.integers(-(2**53), 2**53).map(float), min_size=2, max_size=6, unique=True),
    st.just([True, False]),
)


@given(labels, st.randoms(use_true_random=False))
def test_target__through_json_and_shuffled__is_the_same(values: list[Any], random: Any) -> None:
    y = values * 3
    target = Target.infer(table(y), "y")
    random.shuffle(y)

    assert Target.infer(table(y), "y") == target
    assert Target.from_dict(json.loads(json.dumps(target.to_dict()))) == target
    assert target.decode(target.encode(table(y))).tolist() == y


def test_infer__one_name_twice__is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^A target is named twice: 'y', 'y'\.$"):
        Target.infer(pa.table({"y": [0.5, 1.5]}), ["y", "y"])


def test_infer__number_too_large_to_be_squared__is_refused_with_its_row() -> None:
    with pytest.raises(
        DataError, match=r"^The target 'y' is 1e\+300 in row 2 .*, too large to be squared; correct"
    ):
        Target.infer(pa.table({"y": [0.5, 1e300]}), "y")


@pytest.mark.parametrize(
    ("task", "names", "more"),
    [
        ("regression", ["y", "y"], {}),
        ("binary", ["y", "z"], {"labels": ["a", "b"], "label_dtype": "object"}),
    ],
)
def test_target__names_that_no_task_has__are_refused(task: str, names: list[str], more: Any) -> None:
    with pytest.raises(
        ConfigError, match=r"^Only a regression has several targets, each once; got 'y', '[yz]'\.$"
    ):
        Target.from_dict({"names": names, "task": task, **more})


@pytest.mark.parametrize(("values", "storage"), [(["a", "b"], "text"), ([True, False], "boolean")])
def test_infer__several_columns_of_classes__are_refused_with_two_ways_out(
    values: list[object], storage: str
) -> None:
    table = pa.table({"x": [1.0, 2.0], "first": [0.0, 1.0], "second": pa.array(values)})

    with pytest.raises(DataError) as caught:
        Target.infer(table, ["first", "second"])

    assert str(caught.value) == (
        f"Several targets must hold numbers; 'second' holds {storage}. Write classes as 0 and 1 to predict their "
        'probabilities, or train a model for each: target=["second"] with ignore_columns=["first"].'
    )


def test_labelled__rows_without_a_target__are_left_out_with_their_weights_if_asked() -> None:
    table = pa.table({"x": [1.0, 2.0, 3.0], "y": [5.0, None, 7.0], "z": [None, 1.0, 2.0]})
    asked = Settings(target="y", missing_target="drop")

    with pytest.warns(DataWarning, match="^1 row left out, because the target is missing"):
        kept, weight = labelled(table, asked, np.array([1.0, 2.0, 3.0]))
    assert (kept["x"].to_pylist(), weight.tolist()) == ([1.0, 3.0], [1.0, 3.0])
    with pytest.warns(DataWarning, match="^2 rows left out"):
        assert labelled(table, Settings(target=("y", "z"), missing_target="drop"))[0]["x"].to_pylist() == [
            3.0
        ]
    assert labelled(kept, asked)[0] is kept
    with pytest.raises(DataError, match=r"missing in 1 of 3 rows.*missing_target='drop' leaves them out\.$"):
        Target.infer(labelled(table, Settings(target="y"))[0], "y")
