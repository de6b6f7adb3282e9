from __future__ import annotations

import pyarrow as pa
import pytest

from guarding import homes
from netable.drift.weights import weights
from netable.model.model import Model


def test_weights__columns__are_shares_of_what_predictions_depend_on(homes_model: Model) -> None:
    encoded = homes_model.encode(homes_model.read(pa.table(homes(400, 1))))
    found = weights(homes_model, encoded)

    assert sum(found.values()) == pytest.approx(1)
    # The price is weight + 2 height + 30 in Seoul; the others are of no use.
    assert min(found[name] for name in ("height", "weight", "city")) > 0.1
    assert max(found[name] for name in ("garden", "sold", "age")) < 0.03
    assert weights(homes_model, encoded) == found


def test_weights__one_row__has_none(homes_model: Model) -> None:
    encoded = homes_model.encode(homes_model.read(pa.table(homes(400, 1)).slice(0, 1)))

    assert set(weights(homes_model, encoded).values()) == {0.0}
