"""Training on a Ray cluster, by Ray Train. It needs `pip install 'netable[ray]'`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, TypedDict

from netable import errors
from netable.compute.executor import ALONE, started_together
from netable.compute.workers import Workers
from netable.config.reading import ReadOptions
from netable.config.settings import Settings, config_from
from netable.errors import ConfigError, UserError, WorkerError
from netable.fit.fit import fit as fit_here
from netable.fit.resume.checkpoint_folder import remove_checkpoints
from netable.fit.resume.run_folder import CHECKPOINTS, MODEL
from netable.model.file import load, save
from netable.model.model import Model
from netable.system.urls import scheme_of
from netable.table.reading.read import read

# How often a job starts again, from its last checkpoint, when a worker is lost.
RESTARTS = 3


class _Job(TypedDict):
    """What every worker gets."""

    table: Any
    valid_table: Any
    settings: dict[str, Any]
    folder: str


def fit(
    table: Any,
    config: Settings | Mapping[str, Any],
    scaling: Mapping[str, Any] | None = None,
    *,
    valid_table: Any = None,
    run: Mapping[str, Any] | None = None,
) -> Model:
    """Train on the workers of a Ray cluster, which share the networks of a fit among them.

    Without a cluster, Ray starts one of this machine. When a worker is lost, Ray starts all again and they continue
    from their last checkpoints. With a smallest and a largest number of workers they also do when machines join or
    leave.

    Parameters
    ----------
    table, valid_table : path, list of paths, or a frame
        Anything that `netable.table.reading.read` reads. Paths are read by each worker; a frame is put into Ray's store
        of objects.
    config : Settings, or mapping of their names to values
    scaling : mapping, optional
        The arguments of `ray.train.ScalingConfig`, such as `{"num_workers": 4}` or `{"num_workers": (1, 4)}`.
    run : mapping, optional
        The arguments of `ray.train.RunConfig`: `storage_path`, a folder that all machines share, by default
        `~/ray_results`; `failure_config`, by default of three new starts; and `name`, of a folder in the storage path.
        The model is kept there, too, and so are checkpoints while the job runs, from which one of the same name
        continues.

    Returns
    -------
    Model
        As it is loaded from a file.

    Raises
    ------
    ConfigError
        If Ray is not installed, or a setting cannot be used.
    WorkerError
        If workers were lost again and again, or Ray could not start them.
    UserError
        If the table, the settings or the training run cannot lead to a model.

    Examples
    --------
    ::

        import netable.ray

        model = netable.ray.fit("trips.parquet", {"target": "fare"}, scaling={"num_workers": 4})
    """
    ray, train, torch_trainer = _ray()
    settings = config if isinstance(config, Settings) else config_from(config)
    scaled, ran = _configured(train, scaling or {}, run or {})
    if not ray.is_initialized():
        ray.init(log_to_driver=False)
    job = _Job(
        table=_shared(ray, table),
        valid_table=None if valid_table is None else _shared(ray, valid_table),
        settings=settings.to_dict(),
        folder=str(Path(ran.storage_path, ran.name).absolute()),
    )
    trainer = torch_trainer(_work, train_loop_config=job, scaling_config=scaled, run_config=ran)
    try:
        result = trainer.fit()
    except train.TrainingFailedError as error:
        last = str(error).strip().splitlines()[-1].strip()
        raise WorkerError(f"The job {ran.name} has ended without a model: {last[:200]}") from error
    if result.return_value:
        kind, text = result.return_value
        raise getattr(errors, kind, UserError)(text)
    with result.checkpoint.as_directory() as place:
        return load(Path(place, MODEL))


def _ray() -> tuple[ModuleType, ModuleType, Any]:
    try:
        import ray
        import ray.train
        from ray.train.torch import TorchTrainer
    except ImportError as error:
        raise ConfigError(
            f"Ray Train cannot be imported ({error}). Try: pip install 'netable[ray]'"
        ) from error
    return ray, ray.train, TorchTrainer


def _configured(train: ModuleType, scaling: Mapping[str, Any], run: Mapping[str, Any]) -> tuple[Any, Any]:
    """The two configurations of Ray."""
    given = {"failure_config": train.FailureConfig(max_failures=RESTARTS)} | dict(run)
    try:
        scaled, ran = train.ScalingConfig(**scaling), train.RunConfig(**given)
    except (TypeError, ValueError, DeprecationWarning) as error:
        raise ConfigError(f"Ray refuses scaling or run: {error}") from error
    if scheme_of(ran.storage_path) or ran.storage_filesystem:
        raise ConfigError(
            f"storage_path is {ran.storage_path!r}, where checkpoints cannot be kept: name a folder that all machines "
            "share, such as /shared/runs."
        )
    return scaled, ran


def _shared(ray: ModuleType, table: Any) -> Any:
    """A table as every worker can read it."""
    is_path = isinstance(table, str | os.PathLike) or (
        isinstance(table, list) and all(isinstance(part, str | os.PathLike) for part in table)
    )
    return table if is_path else ray.put(read(table))


def _work(job: _Job) -> tuple[str, str] | None:
    """Train the share of one worker; of the first one the kind and the text of an error that would come again."""
    from ray import train

    with ExitStack() as stack:
        kept = None
        try:
            with Workers(job["folder"]) if started_together() else ALONE as group:
                model = _fitted(job, group)
                if group.is_first:
                    kept = stack.enter_context(TemporaryDirectory())
                    save(model, Path(kept, MODEL))
        except WorkerError:  # Ray starts all again
            raise
        except UserError as error:
            return type(error).__name__, str(error)
        train.report({}, checkpoint=train.Checkpoint.from_directory(kept) if kept else None)
    if kept:
        remove_checkpoints(Path(job["folder"], CHECKPOINTS))
    return None


def _fitted(job: _Job, group: Any) -> Model:
    settings = config_from(job["settings"])
    options = ReadOptions.of(settings)
    tables = [
        table if table is None else read(_fetched(table), options=options)
        for table in (job["table"], job["valid_table"])
    ]
    checkpoint = Path(job["folder"], CHECKPOINTS)
    return fit_here(tables[0], settings, valid_table=tables[1], checkpoint=checkpoint, executor=group)


def _fetched(table: Any) -> Any:
    import ray

    return ray.get(table) if isinstance(table, ray.ObjectRef) else table
