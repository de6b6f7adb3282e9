from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from netable.config.settings import Settings
from netable.doctor import Verdict
from netable.fit.fit import fit
from netable.fit.progress_file import Course, Point, ProgressFile, read_course
from small import QUICK, make_table
from watching import Calls


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A file of a fit, and the epochs of the fit."""
    path, epochs = tmp_path_factory.mktemp("run") / "progress.jsonl", []
    settings = Settings(target="price", ignore_columns=("rooms", "dear", "third"), **QUICK)
    with ProgressFile(path) as file:
        model = fit(make_table(), settings, watchers=[file, Calls(on_epoch=epochs.append)])
        file.on_verdict(Verdict("x", "note", "seen", "why", "try"))
    return path, model, epochs


def test_file__of_a_fit__has_the_losses_of_its_history(written):
    path, model, _ = written

    course = read_course(path)

    assert course.pid == os.getpid()
    assert course.n_stacks == len(course.stacks)
    for stack, points in course.stacks.items():
        epochs = [epoch for epoch in model.history.epochs if epoch.stack == stack]
        assert [point.epoch for point in points] == [epoch.epoch for epoch in epochs]
        assert [point.valid_loss for point in points] == [epoch.mean_valid_loss for epoch in epochs]
    assert course.ended == set(course.stacks)
    assert course.verdicts == [Verdict("x", "note", "seen", "why", "try")]
    assert course.is_over
    assert 0 < course.share <= 1


def test_read_course__any_beginning_of_a_file__is_a_course(written, tmp_path):
    content = written[0].read_bytes()
    for length in range(0, len(content), 97):
        (tmp_path / "cut.jsonl").write_bytes(content[:length])

        assert read_course(tmp_path / "cut.jsonl").is_over is False


@pytest.mark.parametrize(
    "content",
    [
        "",
        "x",
        "[]",
        "{}",
        "null",
        '{"event": "none"}',
        '{"event": "start", "pid": 3}',
        '{"event": ["start"]}',
    ],
)
def test_read_course__another_file__is_empty(content, tmp_path):
    (tmp_path / "p").write_text(content, encoding="utf-8")

    assert read_course(tmp_path / "p") == Course()
    assert read_course(tmp_path / "nothing") == Course()


def test_file__place_that_cannot_be_written__stops_no_training(tmp_path):
    with ProgressFile(tmp_path) as file:
        file.on_stack_end(0)


def test_file__loss_that_is_not_finite__is_none(tmp_path):
    from netable.fit.members.watcher import RunningStack
    from netable.train import Epoch, History, Phase
    from small import recipe_of

    history = History(
        epochs=[Epoch(1, [2.0], [1.0], 0.1, 0.1, 5), Epoch(2, [float("nan")], [None], 0.1, 0.1, 5)]
    )
    with ProgressFile(tmp_path / "p") as file:
        file.on_phase(Phase(is_trial=False, stacks=1, max_epochs=5, runs=1, before=0.0, share=1.0))
        file.on_epoch(history.epochs[-1], RunningStack(recipe_of(), history, 0.0, None))

    # A stack that was resumed begins with its earlier epochs.
    assert read_course(tmp_path / "p").stacks == {0: [Point(1, 2.0, 1.0), Point(2, None, None)]}
    assert all(
        isinstance(json.loads(line), dict) for line in Path(tmp_path / "p").read_text("utf-8").splitlines()
    )
