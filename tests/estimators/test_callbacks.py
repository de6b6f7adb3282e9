"""scikit-learn's own callbacks on our estimators; older versions have none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from netable import NetClassifier, NetRegressor

callback = pytest.importorskip("sklearn.callback", reason="this scikit-learn has no callbacks")

QUICK = {"embedding": "none", "max_epochs": 3, "hidden_layer_sizes": (4,), "folds": 2}
TWO = ({"hidden_layer_sizes": (4,)}, {"hidden_layer_sizes": (3,)})


class Recorder:
    """Takes down every call, and may ask a run to stop."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.stop_after = stop_after

    def setup(self, estimator: Any, context: Any) -> None:
        self.calls.append(("setup",))

    def teardown(self, estimator: Any, context: Any) -> None:
        self.calls.append(("teardown",))

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        self.calls.append(("begin", context.task_name, context.task_id, context.max_subtasks))

    def on_fit_task_end(self, estimator: Any, context: Any) -> bool:
        self.calls.append(("end", context.task_name, context.task_id))
        return context.task_name == "epoch" and context.task_id + 1 == self.stop_after


@pytest.fixture
def X(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(120, 3))


@pytest.fixture
def y(X: np.ndarray) -> np.ndarray:
    return (X[:, 0] > 0).astype(int)


def test_callback__fit__is_told_of_stacks_and_epochs(X: np.ndarray, y: np.ndarray) -> None:
    heard = Recorder()

    NetClassifier(**QUICK).set_callbacks(heard).fit(X, y)

    epochs = [(kind, "epoch", i, *rest) for i in range(3) for kind, *rest in (("begin", 0), ("end",))]
    assert heard.calls == [
        ("setup",),
        ("begin", "fit", 0, 1),
        ("begin", "stack", 0, 3),
        *epochs,
        ("end", "stack", 0),
        ("end", "fit", 0),
        ("teardown",),
    ]


def test_callback__several_stacks__are_tasks_side_by_side(X: np.ndarray, y: np.ndarray) -> None:
    heard = Recorder()

    NetRegressor(**QUICK, stacks=TWO).set_callbacks(heard).fit(X, y)

    assert ("begin", "fit", 0, 2) in heard.calls
    assert sum(call[:2] == ("end", "epoch") for call in heard.calls) == 6
    assert sum(call[:2] == ("end", "stack") for call in heard.calls) == 2


def test_callback__asks_to_stop__ends_the_run(X: np.ndarray, y: np.ndarray) -> None:
    net = NetClassifier(**QUICK).set_callbacks(Recorder(stop_after=2)).fit(X, y)

    assert net.n_iter_ == 2
    assert net.results_["ending"] == "stopped early"


def test_callback__fit_that_fails__tears_down(X: np.ndarray, y: np.ndarray) -> None:
    class Angry(Recorder):
        def on_fit_task_end(self, estimator: Any, context: Any) -> bool:
            raise ValueError("no")

    angry = Angry()
    net = NetClassifier(**QUICK).set_callbacks(angry)
    with pytest.raises(ValueError, match="no"):
        net.fit(X, y)

    assert angry.calls[-1] == ("teardown",)
    assert not hasattr(net, "_callback_fit_ctx")


def test_callback__listening__does_not_change_the_model(X: np.ndarray, y: np.ndarray) -> None:
    quiet = NetClassifier(**QUICK).fit(X, y)
    monitored = NetClassifier(**QUICK).set_callbacks(callback.ScoringMonitor(scoring="accuracy")).fit(X, y)

    np.testing.assert_array_equal(quiet.predict_proba(X), monitored.predict_proba(X))


@pytest.mark.parametrize(("kind", "score"), [(NetClassifier, "neg_log_loss"), (NetRegressor, "r2")])
def test_scoring_monitor__every_epoch__has_a_score(
    kind: Any, score: str, X: np.ndarray, y: np.ndarray
) -> None:
    monitor = callback.ScoringMonitor(scoring=score)

    net = kind(**QUICK).set_callbacks(monitor).fit(X, y, sample_weight=np.linspace(0.5, 1, 120))

    log = monitor.get_logs().data
    assert [row["task_id_path"] for row in log] == [(0,), (0, 0, 0), (0, 0, 1), (0, 0, 2)]
    assert log[0][score] == pytest.approx(
        get_scorer(score)(net, X, y, sample_weight=np.linspace(0.5, 1, 120))
    )
    assert len({row[score] for row in log}) > 1


def test_progress_bar__fit__draws_stacks(
    X: np.ndarray, y: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    NetClassifier(**QUICK).set_callbacks(callback.ProgressBar()).fit(X, y)

    assert "NetClassifier - stack" in capsys.readouterr().out


def test_callback__meta_estimators__reach_the_net(X: np.ndarray, y: np.ndarray, capsys: Any) -> None:
    bar = callback.ProgressBar(max_propagation_depth=None)

    GridSearchCV(NetClassifier(**QUICK), {"dropout": [0.0, 0.1]}, cv=2).set_callbacks(bar).fit(X, y)
    make_pipeline(NetRegressor(**QUICK)).set_callbacks(callback.ProgressBar()).fit(X, y)

    assert "NetClassifier - stack" in capsys.readouterr().out


def test_callback__clone__has_it_too(X: np.ndarray, y: np.ndarray) -> None:
    heard = Recorder()

    clone(NetClassifier(**QUICK).set_callbacks(heard)).fit(X, y)

    assert heard.calls[-1] == ("teardown",)
