from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from netable import explain
from netable.errors import SchemaError
from netable.explanation import Contributions, Dependence, Importances
from netable.explanation.importance import Importance
from netable.model.model import Model


@pytest.fixture
def ax() -> Any:
    return Figure().add_subplot()


def names(ax: Any) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def test_importances__plotted__are_bars_with_two_standard_errors(ax: Any) -> None:
    found = Importances([Importance("a", 0.5, 0.1, 2.0), Importance("b", 0.2, 0.0, 1.0)])
    assert found.plot(ax, most=1) is ax

    assert names(ax) == ["a"]
    assert [bar.get_width() for bar in ax.patches] == [0.5]
    (lines,) = ax.collections
    np.testing.assert_allclose(lines.get_segments()[0][:, 0], [0.3, 0.7])


def test_explanation__plotted__is_importance_or_the_dependence_on_a_column(regression_model: Model) -> None:
    explanation = explain(regression_model)
    importances = explanation.importance()
    bars, line, points, dates = (Figure().add_subplot() for _ in range(4))

    explanation.plot(ax=bars)
    assert names(bars) == [each.name for each in importances]
    assert [bar.get_width() for bar in bars.patches] == [each.mean for each in importances]
    found = explanation.dependence("size")
    assert explanation.plot("size", line).lines[0].get_xydata().tolist() == [
        [value, mean] for value, mean in zip(found.values, found.outcome[:, 0], strict=True)
    ]
    assert line.get_title() == "price"
    explanation.plot("도시", points)
    assert set(names(points)) >= {"Seoul", "Busan"}
    explanation.plot("sold", dates).figure.draw_without_rendering()
    assert dates.get_xlabel() == "sold"


def test_explanation__without_the_target__cannot_plot_importance(regression_model: Model, ax: Any) -> None:
    rows = regression_model.learned_from
    assert rows is not None

    with pytest.raises(SchemaError, match="price"):
        explain(regression_model, rows.judged.drop_columns(["price"])).plot(ax=ax)


def test_dependence__classes_and_a_gap__are_a_point_each(ax: Any) -> None:
    found = Dependence("garden", "flag", [False, True, None], ("_no", "$"), np.array([[0.1, 0.9]] * 3))
    found.plot(ax)

    assert names(ax) == ["no", "yes", "missing"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [" _no", "$"]
    assert [line.get_xdata().tolist() for line in ax.lines] == [[0.1] * 3, [0.9] * 3]


def test_contributions__of_a_row__are_bars_from_the_greatest(ax: Any) -> None:
    values = np.array([[[0.0, 0.0], [0.0, 0.0]], [[-0.1, 0.1], [0.3, -0.3]]])
    found = Contributions(
        ("a", "b"),
        ("no", "yes"),
        np.array([0.5, 0.5]),
        values,
        values * 0,
        np.array([[0.5, 0.5], [0.7, 0.3]]),
    )
    found.plot(1, ax=ax)

    assert names(ax) == ["b", "a"]
    assert [bar.get_width() for bar in ax.patches] == [-0.3, 0.1]
    assert ax.get_xlabel() == "contribution to yes"
    assert ax.get_title() == "from 0.5 on average to 0.3"
