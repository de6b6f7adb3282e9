from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netable.errors import DataError
from netable.explanation import interaction
from netable.model.model import Model
from small import make_table


def test_interaction__known_sum__has_none(known: Any) -> None:
    model, table = known(3, lambda x: x[:, 0] ** 3 - np.exp(x[:, 1]) + x[:, 2])
    found = interaction(model, table, "x0", "x1")

    assert found.strength == pytest.approx(0, abs=1e-6)
    assert found.size == pytest.approx(0, abs=1e-6)


def test_interaction__known_product__has_the_share_worked_by_hand(known: Any) -> None:
    model, table = known(3, lambda x: x[:, 0] * x[:, 1] + x[:, 2])
    found = interaction(model, table, "x0", "x1")
    a, b = (table.column(name).to_numpy() for name in ("x0", "x1"))

    both = a * b - (a * b).mean()
    together = both - (a - a.mean()) * b.mean() - a.mean() * (b - b.mean())
    assert found.strength == pytest.approx(np.sqrt(np.sum(together**2) / np.sum(both**2)), rel=1e-5)
    assert found.size == pytest.approx(np.sqrt(np.mean(together**2)), rel=1e-5)
    x2 = table.column("x2").to_numpy().mean()
    np.testing.assert_allclose(found.outcome[..., 0], np.outer(*found.values) + x2, rtol=1e-4, atol=1e-6)
    assert (found.names, found.kinds) == (("x0", "x1"), ("number", "number"))


def test_interaction__columns_that_do_nothing__have_none(known: Any) -> None:
    model, table = known(3, lambda x: x[:, 2] + 1e-9 * x[:, 0] * x[:, 1])

    assert interaction(model, table, "x0", "x1").strength == 0


def test_interaction__several_targets__is_the_mean_of_their_shares(known: Any) -> None:
    model, table = known(2, lambda x: np.stack([x[:, 0] * x[:, 1] + x[:, 0], 1000 * (x[:, 0] + x[:, 1])], 1))
    alone, _ = known(2, lambda x: x[:, 0] * x[:, 1] + x[:, 0])

    expected = np.sqrt(interaction(alone, table, "x0", "x1").strength ** 2 / 2)
    assert interaction(model, table, "x0", "x1").strength == pytest.approx(expected, rel=1e-4)


def test_interaction__classes__do_not_depend_on_their_order(classifier_model: Model) -> None:
    table = make_table().select(["size", "age", "도시", "garden", "sold"])
    found = interaction(classifier_model, table, "size", "도시", points=3, max_rows=30)
    swapped = interaction(classifier_model, table, "도시", "size", points=3, max_rows=30)

    assert found.outcome.shape == (3, 3, 2)
    assert 0 < found.strength < 1
    assert swapped.strength == pytest.approx(found.strength, rel=1e-3)
    np.testing.assert_allclose(swapped.outcome.swapaxes(0, 1), found.outcome, rtol=1e-5)


def test_interaction__one_column_twice__is_refused(regression_model: Model) -> None:
    with pytest.raises(DataError, match=r"^An interaction takes two columns; got 'size' twice\.$"):
        interaction(regression_model, make_table(), "size", "size")
