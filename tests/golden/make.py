"""Golden model files of the current format: `python tests/golden/make.py`, once for each format, before its release.

They say what every later version must load, and predict the same. So nothing here is ever written anew: the script
stops if there are files of the format. Beside `NAME.netable` stands `NAME.json`, what it predicted for `rows.csv`.
"""

from __future__ import annotations

import csv
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.model.file import load, save
from netable.model.file.container import FORMAT_VERSION
from netable.model.model import Model
from netable.table.reading.read import read

FOLDER = Path(__file__).parent
TRAINING_ROWS, ROWS, COVERAGE = 160, 12, 0.8
FEATURES = ("size", "cost", "comma", "도시", "code", "garden", "sold", "opened")
FEW = ("size", "comma", "도시", "garden")  # bins take room
QUICK: dict[str, Any] = {
    "max_epochs": 8,
    "folds": 2,
    "hidden_layer_sizes": (4,),
    "embedding": "none",
    "lr": 0.05,
    "early_stopping": False,
}
# The target of each model, and its settings.
MODELS: dict[str, tuple[str | tuple[str, ...], dict[str, Any]]] = {
    "regression": ("price", {}),
    "regression_bins": ("price", {"embedding": "bins"}),
    "regression_periodic": ("price", {"embedding": "periodic"}),
    "regression_log": ("price", {"target_transform": "log"}),
    "regression_mae": ("price", {"loss": "mae"}),
    "regression_huber": ("price", {"loss": "huber", "activation": "gelu"}),
    "regression_quantile": ("price", {"loss": "quantile", "quantile": 0.9}),
    "regression_poisson": ("visits", {"loss": "poisson"}),
    "regression_two_targets": (("price", "집값"), {"embedding": "bins"}),
    "regression_linear": ("price", {"model": "linear"}),
    "regression_blend": ("price", {"stacks": ({"embedding": "bins"}, {"embedding": "periodic", "seed": 1})}),
    "regression_in_time": ("price", {"time_column": "sold"}),
    "regression_hold_out": ("price", {"folds": 1}),
    "regression_tiny": ("price", {}),
    "regression_with_reference": ("price", {}),  # later than the others, which have none
    "binary": ("garden", {"embedding": "bins"}),
    "binary_whole_numbers": ("flag", {"class_weight": "balanced"}),
    "multiclass": ("등급", {"embedding": "periodic"}),
    "multiclass_linear": ("등급", {"model": "linear"}),
}


def make_columns(rows: int, seed: int) -> dict[str, list[Any]]:
    """A column of every kind, as texts of a CSV, and targets that depend on them."""
    rng = np.random.default_rng(seed)
    size, days = rng.normal(size=rows), rng.integers(0, 3000, rows)
    price = np.exp(size / 2 + rng.normal(size=rows) / 5) * 100
    return {
        "size": [
            "" if hidden else f"{v:.4f}" for v, hidden in zip(size, rng.random(rows) < 0.1, strict=True)
        ],
        "cost": [f"$ {v:,.2f}" for v in rng.uniform(5, 5000, rows)],
        "comma": [f"{v:.3f}".replace(".", ",") for v in rng.uniform(0, 9, rows)],
        "도시": list(rng.choice(["서울", "부산", "", "서귀포"], rows)),
        "code": [f"c{i}" for i in rng.integers(0, 14, rows)],
        "garden": list(np.where(size + rng.normal(size=rows) > 0, "yes", "no")),
        "sold": [str(np.datetime64("2015-01-01") + int(day)) for day in days],
        "opened": [f"{np.datetime64('2020-01-01T08:30') + int(m)}".replace("T", " ") for m in days * 7],
        "price": [f"{v:.2f}" for v in price],
        "집값": [f"{v:.1f}" for v in price * 1e6 + rng.normal(size=rows) * 1e7],
        "visits": list(rng.poisson(np.exp(size))),
        "flag": list((size > 0.3).astype(int)),
        "등급": list(np.array(["가", "나", "다"])[np.digitize(size, [-0.4, 0.4])]),
    }


def write_csv(path: Path, columns: dict[str, list[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def train(path: Path, target: str | tuple[str, ...], settings: dict[str, Any], rows: int) -> Model:
    targets = (target,) if isinstance(target, str) else target
    config = Settings(**{**QUICK, "target": target, **settings})
    has_bins = config.embedding == "bins" or config.stacks != "auto"
    features = [name for name in (FEW if has_bins else FEATURES) if name not in targets]
    table = read(str(path), columns=[*features, *targets]).slice(0, rows)
    return fit(table, config)


def predicted(model: Model, path: Path) -> dict[str, Any]:
    """The predictions of a model for the rows in a file."""
    outcome = model.outcome(str(path))
    told: dict[str, Any] = {"outcome": outcome.tolist(), "prediction": model.predict(str(path)).tolist()}
    if not model.intervals.why_none:
        lower, upper = model.predict_interval(str(path), COVERAGE)
        told |= {"lower": lower.tolist(), "upper": upper.tolist()}
    if model.reference:
        guard = model.guard(str(path))
        distance = model.reference.distance(guard.encoded)
        told |= {"unusual": guard.unusual.tolist(), "distance": distance.tolist()}
    return told


def main() -> None:
    folder = FOLDER / f"v{FORMAT_VERSION}"
    if folder.exists():
        sys.exit(f"{folder} is there; golden files are never made anew.")
    warnings.simplefilter("ignore")
    folder.mkdir()
    training = folder / "training.csv"
    write_csv(training, make_columns(TRAINING_ROWS, seed=0))
    rows = make_columns(ROWS, seed=1)
    rows["size"][3], rows["도시"][4], rows["code"][5], rows["cost"][6] = "1000000", "제주", "never seen", ""
    write_csv(folder / "rows.csv", {name: rows[name] for name in FEATURES})
    for name, (target, settings) in MODELS.items():
        size = 60 if name.endswith("tiny") else TRAINING_ROWS
        path = folder / f"{name}.netable"
        save(train(training, target, settings, size), path)
        text = json.dumps(predicted(load(path), folder / "rows.csv"), ensure_ascii=False)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    training.unlink()


if __name__ == "__main__":
    main()
