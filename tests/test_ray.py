from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import netable.ray
from advice import Case, advice, check_complete, follow
from netable.config.settings import config_from
from netable.errors import ConfigError, FileError
from netable.fit.fit import fit
from netable.fit.resume.run_folder import CHECKPOINTS
from netable.model.model import Model
from small import make_table

MESSAGES = advice("ray.py")
SMALL: dict[str, Any] = {
    "target": "price",
    "embedding": "none",
    "hidden_layer_sizes": (4,),
    "max_epochs": 3,
    "folds": 3,
    "precision": "float32",
    "ignore_columns": ("rooms", "dear", "third"),
}


# Of a job in which a worker is killed, after one of its many checkpoints: some seconds.
EPOCHS, CHECKPOINT_SECONDS = 400, 0.05


def ray_is_missing() -> bool:
    try:
        import ray.train  # noqa: F401
    except ImportError:
        return True
    return False


needs_ray = pytest.mark.skipif(ray_is_missing(), reason="Ray is not installed: pip install 'netable[ray]'")


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """A cluster of this machine alone."""
    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def asking(is_installed: bool = True, storage_path: str = "runs") -> None:
    """Ask for a fit of a table that is not there, where Ray is installed, or is not."""
    with pytest.MonkeyPatch.context() as patch:
        if not is_installed:
            patch.setitem(sys.modules, "ray", None)
        _, train, _ = netable.ray._ray()
        netable.ray._configured(train, {}, {"storage_path": storage_path})


CASES = [
    Case("pip install", asking, {"is_installed": False}, [{"is_installed": True}]),
    Case(
        "name a folder that all machines share",
        asking,
        {"storage_path": "s3://bucket/runs"},
        [{"storage_path": "/shared/runs"}],
    ),
]


@needs_ray
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)


def test_fit__without_ray__is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match=r"^Ray Train cannot be imported .* pip install 'netable\[ray\]'$"):
        netable.ray.fit("table.csv", {"target": "y"})


def assert_same(one: Model, other: Model, table: pa.Table) -> None:
    np.testing.assert_allclose(other.predict(table), one.predict(table), rtol=1e-4)


@needs_ray
@pytest.mark.slow
@pytest.mark.usefixtures("cluster")
@pytest.mark.filterwarnings("ignore")
def test_fit__frame_on_two_workers__gives_the_model_of_one_process(tmp_path: Path) -> None:
    table = make_table(150)
    run = {"storage_path": str(tmp_path), "name": "frame"}

    model = netable.ray.fit(table.to_pandas(), SMALL, {"num_workers": 2}, run=run)

    assert_same(fit(table, config_from(SMALL)), model, table)
    assert not (tmp_path / "frame" / CHECKPOINTS).exists()
    assert list(tmp_path.glob("frame/checkpoint_*/model.netable"))


@needs_ray
@pytest.mark.slow
@pytest.mark.usefixtures("cluster")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("source", "config", "error", "text"),
    [
        ("missing.csv", SMALL, FileError, "missing.csv"),
        (make_table(150), SMALL | {"target": "prize"}, Exception, "prize"),
    ],
)
def test_fit__error_in_the_workers__is_that_of_a_fit_here(
    source: Any, config: dict[str, Any], error: type[Exception], text: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=text) as raised:
        netable.ray.fit(source, config, {"num_workers": 2}, run={"storage_path": str(tmp_path)})

    assert "\n" not in str(raised.value)


def kill_a_worker_after_its_first_checkpoint(folder: Path, killed: list[int]) -> None:
    while not list(folder.glob("*.checkpoint")):
        sleep(0.01)
    killed.append(max(ray_workers()))
    os.kill(killed[0], signal.SIGKILL)


def ray_workers() -> Iterator[int]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            if b"RayTrainWorker" in path.read_bytes():
                yield int(path.parent.name)


@needs_ray
@pytest.mark.slow
@pytest.mark.posix
@pytest.mark.usefixtures("cluster")
@pytest.mark.filterwarnings("ignore")
def test_fit__worker_is_killed__all_start_again_and_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def save_often(job: Any) -> Any:
        from netable.ray import _work
        from netable.train import checkpoint

        setattr(checkpoint, "INTERVAL", CHECKPOINT_SECONDS)  # noqa: B010
        return _work(job)

    monkeypatch.setattr(netable.ray, "_work", save_often)
    table, killed = make_table(150), list[int]()
    config = SMALL | {"max_epochs": EPOCHS, "patience": EPOCHS, "batch_size": 16, "model": "mlp"}
    folder = tmp_path / "killed" / CHECKPOINTS
    killing = Thread(target=kill_a_worker_after_its_first_checkpoint, args=(folder, killed), daemon=True)
    killing.start()

    run = {"storage_path": str(tmp_path), "name": "killed"}
    model = netable.ray.fit(table, config, {"num_workers": 2}, run=run)

    killing.join(1)
    assert killed
    assert model.history.n_epochs == EPOCHS
    assert_same(fit(table, config_from(config)), model, table)
