from __future__ import annotations

import pickle
from collections.abc import Callable
from contextlib import suppress
from threading import Event
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.model import predictor as predictor_module
from netable.model.model import Model
from netable.model.predictor import CHUNK_ROWS, FEW_ROWS, Predictor
from netable.table.encode import Encoded
from small import QUICK, make_table

FEATURES = ["size", "age", "도시", "garden", "sold"]


@pytest.fixture
def features() -> pa.Table:
    return make_table().select(FEATURES)


@pytest.fixture
def model_of_numbers() -> Model:
    stacks = ({"embedding": "bins"}, {"embedding": "periodic", "activation": "gelu"})
    return fit(
        make_table().select(["size", "age", "third"]), Settings(target="third", **QUICK, stacks=stacks)
    )


def some_rows(model: Model, rows: slice) -> Encoded:
    encoded = model.encode(make_table().select(["size", "age"]))
    return Encoded(encoded.numbers[rows], encoded.codes[rows])


def test_outcome__more_rows_than_a_chunk__keep_their_order(
    classifier_model: Model, features: pa.Table
) -> None:
    times = CHUNK_ROWS // 120 + 2
    many = classifier_model.outcome(pa.concat_tables([features] * times))

    np.testing.assert_allclose(many, np.tile(classifier_model.outcome(features), (times, 1)), rtol=1e-4)


def test_outcome__ctrl_c_between_chunks__is_passed_on(
    regression_model: Model, features: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(jobs: list[Callable[[Event], Any]], _: object) -> list[Any]:
        stop, done = Event(), [jobs[0](Event())]
        stop.set()
        for job in jobs[1:]:
            with suppress(KeyboardInterrupt):
                done.append(job(stop))
        return done

    monkeypatch.setattr(predictor_module, "CHUNK_ROWS", 50)
    monkeypatch.setattr(predictor_module, "run_side_by_side", interrupted)

    with pytest.raises(KeyboardInterrupt):
        regression_model.outcome(features)


def test_outcome__few_rows__are_predicted_as_among_many(model_of_numbers: Model) -> None:
    model = model_of_numbers
    many = model.outcome_of(some_rows(model, slice(None)))

    for rows in (1, FEW_ROWS, FEW_ROWS + 1):
        actual = model.outcome_of(some_rows(model, slice(rows)))
        np.testing.assert_allclose(actual, many[:rows], rtol=0, atol=1e-6)


def test_outcome__a_stack_of_no_weight__is_not_asked(model_of_numbers: Model) -> None:
    model = model_of_numbers
    rows = some_rows(model, slice(None))
    model.net.weights = torch.tensor([0.5, 0.5, 0, 0])
    alone = model.outcome_of(rows)
    with torch.no_grad():
        for parameter in model.net.stacks[1].parameters():
            parameter.fill_(torch.nan)

    np.testing.assert_array_equal(model.outcome_of(rows), alone)
    np.testing.assert_allclose(model.outcome_of(some_rows(model, slice(1))), alone[:1], rtol=0, atol=1e-6)


@pytest.mark.parametrize("rows", [1, 20])
def test_outcome__weights_changed_in_place__count_at_once(model_of_numbers: Model, rows: int) -> None:
    model = model_of_numbers
    before = model.outcome_of(some_rows(model, slice(rows)))
    with torch.no_grad():
        model.net.stacks[0].body.head.weight[..., 0].add_(0.5)

    after = model.outcome_of(some_rows(model, slice(rows)))

    assert abs(after - before).max() > 1e-3
    np.testing.assert_allclose(after[0], model.outcome_of(some_rows(model, slice(20)))[0], rtol=0, atol=1e-6)


def test_predictor__steps_of_an_optimizer__are_noticed(model_of_numbers: Model) -> None:
    net = model_of_numbers.net
    predictor = Predictor(net, model_of_numbers.objective)
    assert predictor.is_for(net, model_of_numbers.objective)
    optimizer = torch.optim.AdamW(net.requires_grad_(True).parameters(), fused=True)
    net(torch.zeros(1, 2), torch.zeros(1, 0, dtype=torch.int64)).sum().backward()
    optimizer.step()

    assert not predictor.is_for(net, model_of_numbers.objective)


def test_predictor__pickled__is_made_again_of_what_it_was_made_of(model_of_numbers: Model) -> None:
    model = model_of_numbers
    row = some_rows(model, slice(1))
    expected = model.outcome_of(row)

    copied = pickle.loads(pickle.dumps(model))

    np.testing.assert_array_equal(copied.outcome_of(row), expected)
