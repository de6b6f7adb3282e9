"""A model, and rows to compare with those that it was trained on."""

from __future__ import annotations

import pyarrow as pa
import pytest

from guarding import homes
from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.model.model import Model
from netable.table.reading.read import read


@pytest.fixture(scope="session")
def homes_model() -> Model:
    settings = Settings(
        target="price", model="linear", folds=3, max_epochs=2, embedding="none", optimizer="adamw"
    )
    return fit(read(pa.table(homes(1500, 0))), settings)
