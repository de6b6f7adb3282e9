from __future__ import annotations

import pytest

from netable.fit.progress_file import Course, Point
from netable.ui.curves import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, chart_of


def course(*points: Point, stack: int = 0) -> Course:
    return Course(stacks={stack: list(points)})


def places(points: str) -> list[tuple[float, float]]:
    return [tuple(map(float, pair.split(","))) for pair in points.split()]


def test_chart_of__no_losses__is_none():
    assert chart_of(Course()) is None
    assert chart_of(course(Point(1, None, None))) is None


def test_chart_of__losses__lie_on_a_plain_scale():
    chart = chart_of(course(Point(1, 4.0, 3.0), Point(2, 3.0, 2.5), Point(3, 2.0, None)))

    training, valid = chart.lines
    middle, width, height = (TOP + HEIGHT - BOTTOM) / 2, WIDTH - LEFT - RIGHT, HEIGHT - BOTTOM
    assert places(training.points) == [(LEFT, TOP), (LEFT + width / 2, middle), (LEFT + width, height)]
    assert len(places(valid.points)) == 2
    assert [text for _, text in chart.y_labels] == ["2", "3", "4"]
    assert [text for _, text in chart.x_labels] == ["1", "2", "3"]


def test_chart_of__losses_of_many_sizes__lie_on_a_log_scale():
    chart = chart_of(course(Point(1, 100.0, None), Point(2, 1.0, None)))

    assert [text for _, text in chart.y_labels] == ["1", "10", "100"]


def test_chart_of__one_epoch_or_equal_losses__stay_within():
    chart = chart_of(course(Point(1, 2.0, 2.0)))

    assert all(
        LEFT <= x <= WIDTH and 0 <= y <= HEIGHT for line in chart.lines for x, y in places(line.points)
    )


@pytest.mark.parametrize("n", [1, 399, 400, 401, 5000])
def test_chart_of__many_epochs__are_thinned_and_keep_the_last(n):
    chart = chart_of(course(*(Point(epoch, float(epoch), None) for epoch in range(1, n + 1))))

    drawn = places(chart.lines[0].points)
    assert len(drawn) <= 401
    assert drawn[-1][0] == (WIDTH - RIGHT if n > 1 else LEFT)
