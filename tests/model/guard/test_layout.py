from __future__ import annotations

import numpy as np

from guarding import encoded, learned_from, table_of


def test_layout__columns__are_on_a_scale_or_categories() -> None:
    columns = table_of(200)
    _, reference = learned_from(columns)
    layout = reference.layout

    assert layout.scales == ("height", "weight", "garden", "sold", "age")
    assert layout.categories == ("city",)
    assert layout.columns == (*layout.scales, "city")
    assert layout.are_times.tolist() == [False, False, False, True, False]
    assert layout.starts.tolist() == [0, 5]


def test_ends__of_training__hold_every_training_row_and_only_just() -> None:
    columns = table_of(200) | {"height": 1e9 + np.random.default_rng(1).normal(size=200)}
    encoder, reference = learned_from(columns)
    numbers = reference.layout.of_scales(encoded(encoder, columns))
    low, high = reference.layout.ends(numbers.dtype)

    assert np.nanmin(numbers, 0).tolist() == low.tolist()
    assert np.nanmax(numbers, 0).tolist() == high.tolist()
