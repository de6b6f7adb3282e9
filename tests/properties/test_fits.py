"""A table and settings, whatever they are, end in a trained model or in a `UserError`, and in nothing else."""

from __future__ import annotations

import numpy as np
from hypothesis import event, given
from hypothesis import strategies as st

from checking import check_outcome, examples, refused, trained
from netable.table.reading.read import read
from random_tables import Drawn, configs, tables


@examples(50)
@given(data=st.data())
def test_fit__any_table__is_a_model_or_a_refusal(data: st.DataObject) -> None:
    drawn: Drawn = data.draw(tables())
    model = trained(drawn.source, data.draw(configs(drawn.names)))
    event("trained" if model else "refused")
    if model is None:
        return
    outcome = refused(lambda: model.outcome(drawn.source))
    assert outcome is not None
    assert len(outcome) == drawn.n_rows
    check_outcome(model, outcome)
    if model.task != "regression":
        predicted = refused(lambda: model.predict(drawn.source))
        assert predicted is not None
        assert predicted.dtype == model.labels.dtype
        assert np.isin(predicted, model.labels).all()


@examples(25)
@given(data=st.data())
def test_predict__any_other_table__is_predictions_or_a_refusal(data: st.DataObject) -> None:
    drawn: Drawn = data.draw(tables(least_rows=20, wild=False))
    model = trained(drawn.source, data.draw(configs(drawn.names)))
    if model is None:
        return
    other: Drawn = data.draw(tables())
    outcome = refused(lambda: model.outcome(other.source))
    event("refused" if outcome is None else "predicted")
    if outcome is not None:
        assert len(outcome) == other.n_rows
        check_outcome(model, outcome)
    refused(lambda: model.evaluate(other.source))


@examples(60)
@given(drawn=tables(wild=True))
def test_read__any_table__is_read_again_as_it_is(drawn: Drawn) -> None:
    table = refused(lambda: read(drawn.source))
    if table is None:
        return
    again = refused(lambda: read(table))
    assert again is not None
    assert again.equals(table, check_metadata=True)
