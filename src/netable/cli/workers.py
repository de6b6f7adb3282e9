"""Start the workers of a training run on this machine, by torch's elastic agent."""

from __future__ import annotations

import logging
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import TypeGuard
from uuid import uuid4

from netable.cli.start import arguments, began
from netable.cli.streams import INTERRUPTED
from netable.cli.worker import code_of_first
from netable.compute.executor import ALONE, Executor, started_together
from netable.errors import ConfigError, WorkerError
from netable.system.machine import stopped_children, usable_cores

# How often a job starts again, from its last checkpoint, when a worker is lost.
RESTARTS = 3
# Workers of one machine at most, if it has not more cores: each loads Python and torch anew.
MOST = 64
# Looks, one a second, for which a worker may be stopped.
STOPPED_LOOKS = 10
# A worker finds modules where this process does, and not in the folder where it is started.
_PROGRAM = """
import sys
sys.path[:] = {}
from netable.cli import main
from netable.cli.worker import work
work(main, *sys.argv[1:])
"""


def are_to_start(workers: int | None, tables: Sequence[str]) -> TypeGuard[int]:
    """True if this process is to start so many workers.

    Raises
    ------
    ConfigError
        If there cannot be so many, or they cannot read the tables.
    """
    from netable.table.reading.places.pipe import is_pipe

    if workers is not None and workers < 1:
        raise ConfigError(f"--workers must be an integer of at least 1; got {workers}.")
    if workers is not None and workers > (most := max(MOST, usable_cores())):
        raise ConfigError(f"--workers must be at most {most} on this machine; got {workers}.")
    several = started_together() or (workers or 1) > 1
    if several and any(map(is_pipe, tables)):
        raise ConfigError("Several workers cannot read one pipe; write the table to a file first.")
    return several and not started_together()


def executor() -> Executor:
    """The workers that were started together with this process, or this process alone."""
    if not started_together():
        return ALONE
    from netable.compute.workers import Workers

    return Workers(job=" ".join(arguments()))


def start_workers(workers: int, folder: Path) -> int:
    """Run the typed command in so many processes, which write one run folder; the exit code of the first.

    Raises
    ------
    WorkerError
        If workers were lost again and again.
    """
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, usable_cores() // workers)))
    logging.disable()  # the agent tells of every process that it starts and ends
    with tempfile.TemporaryDirectory(prefix="netable-") as logs:
        codes = Path(logs, "codes")
        codes.mkdir()
        config = LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            nproc_per_node=workers,
            run_id=uuid4().hex,
            rdzv_backend="c10d",
            rdzv_endpoint=str(Path(logs) / "agent"),
            rdzv_configs={"store_type": "file"},  # the agent reads pickles: none from a port
            local_addr="localhost",
            max_restarts=RESTARTS,
            logs_specs=DefaultLogsSpecs(log_dir=logs),
        )
        over = Event()
        Thread(target=_end_stopped, args=(over,), daemon=True).start()
        try:
            command = [*arguments(), "--output", str(folder)]
            program = ["-c", _PROGRAM.format(sys.path), codes, os.getpid(), began()]
            elastic_launch(config, sys.executable)(*program, *command)
            return code_of_first(codes)
        except SignalException as ended:
            if ended.sigval != signal.SIGINT:
                signal.signal(ended.sigval, signal.SIG_DFL)
                signal.raise_signal(ended.sigval)
            return INTERRUPTED
        except ChildFailedError as error:
            rank, failure = error.get_first_failure()
            raise WorkerError(
                f"Worker {rank} was lost {RESTARTS + 1} times ({_how(failure.exitcode)}). The same command with "
                "--resume continues."
            ) from error
        finally:
            over.set()
            logging.disable(logging.NOTSET)


def _end_stopped(over: Event) -> None:
    """Kill workers that stay stopped, which the agent would wait for, and the other workers with it."""
    looks = Counter[int]()
    while not over.wait(1.0):
        looks = Counter({process: looks[process] + 1 for process in stopped_children()})
        for process, times in looks.items():
            if times > STOPPED_LOOKS:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)


def _how(exit_code: int) -> str:
    if exit_code >= 0:
        return f"exit code {exit_code}"
    with suppress(ValueError):
        return signal.Signals(-exit_code).name
    return f"signal {-exit_code}"
