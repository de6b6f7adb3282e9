"""Model files that earlier versions wrote: every later version loads them and predicts the same."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

from netable.errors import DataWarning
from netable.model.file import load, save
from netable.model.file.container import FORMAT_VERSION
from tests.golden import make

FOLDER = Path(__file__).parents[2] / "golden"
FILES = sorted(FOLDER.glob("v*/*.netable"))
each_file = pytest.mark.parametrize("path", FILES, ids=[f"{p.parent.name}-{p.stem}" for p in FILES])


@each_file
def test_golden__file__loads_and_predicts_what_it_did(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # of levels and ranges that training did not have
        actual = make.predicted(load(path), path.with_name("rows.csv"))

    assert actual.keys() == expected.keys()
    for name in actual.keys() - {"prediction"}:
        np.testing.assert_allclose(actual[name], expected[name], rtol=1e-5, atol=1e-12, err_msg=name)
    if isinstance(actual["prediction"][0], str):
        assert actual["prediction"] == expected["prediction"]
    else:
        np.testing.assert_allclose(actual["prediction"], expected["prediction"], rtol=1e-5)


@each_file
def test_golden__file__saved_again_predicts_the_same_bits(path: Path, tmp_path: Path) -> None:
    save(load(path), tmp_path / "again")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        first, again = (
            load(each).outcome(str(path.with_name("rows.csv"))) for each in (path, tmp_path / "again")
        )

    assert first.tobytes() == again.tobytes()


def test_golden__current_format__has_a_file_of_every_kind_and_small_ones() -> None:
    current = FOLDER / f"v{FORMAT_VERSION}"

    assert {path.stem for path in current.glob("*.netable")} == set(make.MODELS)
    assert {path.stem for path in current.glob("*.json")} == set(make.MODELS)
    assert max(path.stat().st_size for path in current.iterdir()) < 30_000
    assert sum(path.stat().st_size for path in current.iterdir()) < 330_000


def test_golden__rows__are_of_every_kind() -> None:
    model = load(FOLDER / f"v{FORMAT_VERSION}" / "regression.netable")

    assert {column.kind for column in model.schema.used} == {"number", "category", "flag", "date"}
    assert {column.form for column in model.schema.used} >= {"decimal point, as $#", "decimal comma"}
    assert any(len(levels) > 9 for levels in model.encoder.levels.values())


def test_make__files_that_are_there__are_never_made_anew() -> None:
    before = {path: path.read_bytes() for path in FILES}
    with pytest.raises(SystemExit, match=r"is there; golden files are never made anew\.$"):
        make.main()

    assert {path: path.read_bytes() for path in FILES} == before
