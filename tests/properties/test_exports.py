"""Properties of exports: a file or folder predicts as its model, for any table."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from unittest.mock import patch

from hypothesis import assume, event, given
from hypothesis import strategies as st

from checking import examples, only_our_warnings, trained
from ejected import run_here
from netable.config.choices import CATEGORIES
from netable.config.exports import EXPORT_FORMS
from netable.errors import ConfigError
from random_tables import Drawn, configs, tables


@examples(24)
@given(data=st.data())
def test_export__any_model__is_proven(data: st.DataObject) -> None:
    drawn: Drawn = data.draw(tables(least_rows=2, wild=False))
    settings = data.draw(configs(drawn.names)) | {"categories": data.draw(st.sampled_from(CATEGORIES))}
    model = trained(drawn.source, settings)
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
    to = data.draw(st.sampled_from([form for form in EXPORT_FORMS if form != "c" or which("gcc")]))
    dates, numbers = (dates, numbers) if to == "onnx" else ("int64", "float64")
    has_text = any(column.kind == "text" for column in model.schema.used)
    here = patch("netable.deploy.torch.trial.subprocess.run", run_here)
    with TemporaryDirectory() as folder, only_our_warnings(), here if to == "torch" else nullcontext():
        path = Path(folder) / "model"
        try:
            exported = model.export(
                path, to, interval=interval, check=drawn.source, dates=dates, numbers=numbers
            )
        except ConfigError:
            assert has_text
            assert to != "torch"
            event("has a text")
            return
        files = path.iterdir() if path.is_dir() else [path]
        assert sum(file.stat().st_size for file in files) == exported.size
        assert exported.proof
        assert exported.proof.rows >= drawn.n_rows
