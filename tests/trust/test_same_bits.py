"""The same seed gives the same bits, whatever surrounds the process."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
import pyarrow as pa

from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.model.file import load, save
from processes import SECONDS
from small import make_table

FIT = """
import hashlib, sys
{imports}
from netable.config.settings import Settings
from netable.fit.fit import fit
from small import make_table
table = make_table(150).drop_columns(["rooms", "dear", "third"])
if {chunks}:
    import pyarrow as pa
    table = pa.concat_tables([table.slice(i, 7) for i in range(0, 150, 7)])
stacks = ({{"embedding": "bins"}}, {{"embedding": "periodic", "activation": "gelu"}})
model = fit(table, Settings(target="price", folds=2, max_epochs=3, hidden_layer_sizes=(16,), stacks=stacks))
seen = hashlib.sha256()
for name, value in sorted(model.net.state_dict().items()):
    seen.update(name.encode() + value.numpy().tobytes())
seen.update(model.out_of_fold.column("prediction").to_numpy().tobytes())
seen.update(model.outcome(table).tobytes())
print(seen.hexdigest())
"""


def digest_here() -> str:
    """The hash of weights and predictions of a fit."""
    with redirect_stdout(StringIO()) as said:
        exec(FIT.format(imports="", chunks=False), {})
    return said.getvalue().strip()


def digest_elsewhere(*, imports: str, chunks: bool, **surroundings: str) -> str:
    """The same of a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FIT.format(imports=imports, chunks=chunks)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | surroundings,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_fit__other_process_hash_seed_threads_imports_time_zone_and_chunks__same_bits() -> None:
    plain = digest_here()
    other = digest_elsewhere(
        imports="import sklearn.ensemble, pandas, torch, random; random.seed(5); torch.manual_seed(7)",
        chunks=True,
        PYTHONHASHSEED="4711",
        OMP_NUM_THREADS="2",
        TZ="Asia/Seoul",
        LC_ALL="C",
    )

    assert len(plain) == 64
    assert plain == other


def test_predict__rows_in_pieces_or_alone__differ_by_rounding_alone(tmp_path: Path) -> None:
    table = make_table(120).drop_columns(["rooms", "price", "third"])
    model = fit(table, Settings(target="dear", folds=2, max_epochs=2, hidden_layer_sizes=(8,)))
    save(model, tmp_path / "m.netable")
    whole = model.outcome(table)

    again = load(tmp_path / "m.netable").outcome(table)
    pieces = np.concatenate([model.outcome(table.slice(i, 37)) for i in range(0, 120, 37)])
    alone = np.concatenate([model.outcome(table.slice(i, 1)) for i in range(0, 120, 9)])
    chunked = model.outcome(pa.concat_tables([table.slice(i, 13) for i in range(0, 120, 13)]))

    assert np.array_equal(whole, again)
    assert np.array_equal(whole, chunked)
    np.testing.assert_allclose(pieces, whole, atol=1e-6)
    np.testing.assert_allclose(alone, whole[::9], atol=1e-6)
