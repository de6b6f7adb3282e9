from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from netable.errors import DataError, silence
from netable.ui.asking import Models
from netable.ui.fields import fields as fields_of
from netable.ui.fields import row_of_form
from netable.ui.runs import Runs
from ui_pages import put


@pytest.fixture
def asked(workspace, price_run, houses_csv):
    put(workspace, price_run, houses_csv)
    return Models().of(Runs(workspace).all()["price"])


@pytest.fixture
def asked_class(workspace, third_run):
    put(workspace, third_run)
    return Models().of(Runs(workspace).all()["third"])


def row_of(asked, number):
    return row_of_form(asked.model, asked.start(number))


def test_start__row_of_the_table__is_predicted_as_in_the_table(asked, houses_csv):
    with silence():
        expected = asked.model.predict(houses_csv)

    for number in (1, 7, 120):
        answer = asked.answer(row_of(asked, number))
        assert answer.predicted[0].value == pytest.approx(expected[number - 1], rel=1e-5)


@pytest.mark.parametrize("number", [0, 121, 10**17])
def test_start__row_that_is_not_there__has_usual_values(asked, number):
    form = asked.start(number)

    assert all(form.values())
    assert asked.answer(row_of_form(asked.model, form)).predicted


def test_fields__kinds__have_their_inputs(asked):
    fields = {field.name: field for field in fields_of(asked.model, asked.start(3))}

    low, high, step = fields["age"].slider
    assert low <= 21
    assert high >= 59
    assert 100 <= (high - low) / step <= 1100
    assert set(fields["garden"].choices) == {"true", "false"}
    assert {"Busan", "Seoul"} <= set(fields["도시"].hints)
    assert fields["sold"].slider is None
    assert datetime.fromisoformat(fields["sold"].value)


def test_answer__interval__is_that_of_the_model(asked):
    row = row_of(asked, 2)

    one = asked.answer(row).predicted[0]

    with silence():
        lower, upper = asked.model.predict_interval([row], asked.answer(row).coverage)
    assert (one.lower, one.upper) == (pytest.approx(lower[0]), pytest.approx(upper[0]))


def test_answer__empty_cells__are_missing(asked):
    row = row_of_form(asked.model, {})

    assert set(row.values()) == {None}
    assert asked.answer(row).predicted


def test_answer__row_far_from_training__is_doubted(asked):
    usual, odd = row_of(asked, 5), row_of(asked, 5) | {"age": 1e6}

    assert asked.answer(usual).is_guarded
    assert "'age' is beyond anything seen" in asked.answer(odd).doubt


@pytest.mark.parametrize(
    ("name", "text"), [("size", "large"), ("size", "1e999"), ("sold", "someday"), ("garden", "x")]
)
def test_answer__cell_that_cannot_be_read__is_one_line_or_a_missing_one(asked, name, text):
    place = [column.name for column in asked.model.schema.used].index(name)
    row = row_of_form(asked.model, asked.start(1) | {f"cell-{place}": text})

    if name == "garden":
        assert row[name] is False
        return
    with pytest.raises(DataError, match=name):
        asked.answer(row)


def test_answer__classes__are_the_most_probable_first(asked_class):
    answer = asked_class.answer(row_of(asked_class, 1))

    shares = [one.value for one in answer.predicted]
    assert answer.label == answer.predicted[0].name
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1)
    assert answer.predicted[0].lower is None


def test_reasons__contributions__lead_from_the_base_to_the_prediction(asked):
    row = row_of(asked, 4)

    reasons = asked.reasons(row)

    assert reasons.outcome == pytest.approx(asked.answer(row).predicted[0].value, rel=1e-5)
    assert reasons.base + sum(part.adds for part in reasons.parts) + reasons.rest == pytest.approx(
        reasons.outcome
    )
    assert max(abs(part.share) for part in reasons.parts) == pytest.approx(1)
    assert reasons.nearest[0][:2] == (4, pytest.approx(0, abs=1e-6))
    assert reasons.header[0] == "price"


def test_reasons__without_the_table__are_none(asked_class):
    assert asked_class.reasons(row_of(asked_class, 1)) is None


def test_models__table_that_was_changed__is_left_out(workspace, price_run, houses_csv, tmp_path):
    put(workspace, price_run, houses_csv)
    run = Runs(workspace).all()["price"]
    pyarrow.csv.write_csv(pa.table({"other": np.arange(5)}), run.table)

    assert Models().of(run).table is None


def test_models__same_run__is_loaded_once_and_again_if_it_is_replaced(workspace, price_run):
    folder, models = put(workspace, price_run), Models()
    run = Runs(workspace).all()["price"]

    first = models.of(run)
    assert models.of(run) is first
    (folder / "model.netable").write_bytes((folder / "model.netable").read_bytes())
    assert models.of(run) is not first
