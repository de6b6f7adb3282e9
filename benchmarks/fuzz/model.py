"""Fuzzer of the model file reader: `python -m benchmarks.fuzz.model --runs 100000`.

Small models are trained, taken apart, changed in one to four places and sealed again with a correct checksum, so that
the code behind the checksum is reached; one in twenty is changed byte by byte and must be refused. A file that still
loads has to predict, with intervals, and to be inspected and judged with no error but a UserError; one in some hundreds
is also explained and reported on.
"""

from __future__ import annotations

import io
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from benchmarks.fuzz.fuzzer import atheris, instrumented

with instrumented():
    import pyarrow as pa

    from benchmarks.fuzz.hostile import Parts, change_about, change_tensor
    from benchmarks.fuzz.models import make_models
    from benchmarks.fuzz.watched import IN_MEMORY, excused, run
    from netable import explain, write_report
    from netable.cli.inspect import describe, inspect
    from netable.errors import UserError
    from netable.model.file import load, save
    from netable.model.model import Model

HERE = Path(__file__).parent
_FOLDER = Path(tempfile.mkdtemp(dir=IN_MEMORY))
_FILE = _FOLDER / "model.netable"
_MODELS: list[tuple[bytes, pa.Table]] = []
_LOADED = [0]


def _bases() -> list[tuple[bytes, pa.Table]]:
    if not _MODELS:
        for model, table in make_models():
            save(model, _FILE)
            _MODELS.append((_FILE.read_bytes(), table))
    return _MODELS


def try_input(content: bytes) -> bool:
    """Return True if a changed file still loads as a model."""
    data = atheris.FuzzedDataProvider(content)
    sound, table = data.PickValueInList(_bases())
    if data.ConsumeIntInRange(0, 19) == 19:
        return _altered(sound, data)
    parts = Parts(sound)
    for _ in range(data.ConsumeIntInRange(1, 4)):
        (change_about if data.ConsumeIntInRange(0, 2) else change_tensor)(parts, data)
    _FILE.write_bytes(parts.written(data))
    model = load(_FILE)
    _LOADED[0] += 1
    _use(model, table, often=_LOADED[0])
    return True


def _altered(sound: bytes, data: Any) -> bool:
    changed = bytearray(sound)
    for _ in range(data.ConsumeIntInRange(1, 3)):
        changed[data.ConsumeIntInRange(0, len(changed) - 1)] = data.ConsumeIntInRange(0, 255)
    if data.ConsumeIntInRange(0, 3) == 0:
        changed = changed[: data.ConsumeIntInRange(0, len(changed))]
    if changed == sound:
        return True
    _FILE.write_bytes(changed)
    load(_FILE)
    raise AssertionError("an altered file was loaded")


def _use(model: Model, table: pa.Table, often: int) -> None:
    """All that can be done with a model; a UserError of one use is none of the next."""
    _allowed(model.predict, table.slice(0, 1))
    _allowed(lambda rows: model.predict_table(rows, 0.8), table.slice(0, 12))
    _allowed(
        lambda rows: str(model.guard(rows).to_dict()) + str(model.guard(rows).reasons), table.slice(0, 12)
    )
    describe(model)
    model.diagnose()
    model.history.rows()
    if often % 5 == 0:
        _allowed(model.evaluate, table.slice(0, 12))
        _allowed(lambda _: save(model, _FOLDER / "again"), None)
    if often % 20 == 0:
        with redirect_stdout(io.StringIO()):
            inspect(_FILE)
    if often % 300 == 0:
        started = time.process_time()
        _allowed(lambda rows: write_report(model, _FOLDER / "report.html", rows), table)
        _allowed(lambda _: write_report(model, _FOLDER / "report.html"), None)
        _allowed(lambda rows: explain(model, rows).importance(), table)
        excused[0] = time.process_time() - started


def _allowed(use: Any, rows: pa.Table | None) -> None:
    try:
        use(rows)
    except UserError as error:
        if "\n" in str(error):
            raise ValueError(f"an error of several lines: {error!s:.200}") from error


if __name__ == "__main__":
    run("model", try_input, HERE / "seeds" / "model")
