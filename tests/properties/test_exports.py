"""Properties of exports: the file predicts as the model, for any table."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import assume, event, given
from hypothesis import strategies as st

from checking import examples, only_our_warnings, trained
from netable.errors import ConfigError
from random_tables import Drawn, configs, tables


@examples(12)
@given(data=st.data())
def test_export__any_model__is_proven(data: st.DataObject) -> None:
    drawn: Drawn = data.draw(tables(least_rows=2, wild=False))
    model = trained(drawn.source, data.draw(configs(drawn.names)))
    assume(model is not None)
    assert model is not None
    interval = (
        None
        if model.intervals.why_none
        else data.draw(st.sampled_from([None, model.intervals.most_coverage]))
    )
    dates, numbers = (
        data.draw(st.sampled_from(["int64", "iso"])),
        data.draw(st.sampled_from(["float64", "float32"])),
    )
    has_text = any(column.kind == "text" for column in model.schema.used)
    with TemporaryDirectory() as folder, only_our_warnings():
        path = Path(folder) / "m.onnx"
        try:
            exported = model.export(path, interval=interval, check=drawn.source, dates=dates, numbers=numbers)
        except ConfigError:
            assert has_text
            event("has a text")
            return
        assert path.stat().st_size == exported.size
        assert exported.proof.rows >= drawn.n_rows
