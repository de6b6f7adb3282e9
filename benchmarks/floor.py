"""The floor that the default network must clear: ridge or logistic regression, on real tables.

    python benchmarks/floor.py --data DIR [--rows 20000] [--only NAME …]

DIR holds Parquet tables and an `index.json` that names the target and task of each. Every table is cut to at most
`--rows` rows and split 80/20 at random with seed 0 (by class for classes); both models learn from the same rows and are
judged on the others. Error: regression RMSE / deviation of the test target; binary 1 - ROC AUC; multiclass log loss.
Writes `benchmarks/results/floor.jsonl`, a line a table, and prints the table.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
import warnings
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn
import torch
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from netable import NetClassifier, NetRegressor

RESULTS = Path(__file__).parent / "results" / "floor.jsonl"


def main() -> None:
    """Measure every table and print the comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--only", nargs="*")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    tables = json.loads((arguments.data / "index.json").read_text())["datasets"]
    lines = []
    for table in tables:
        if not arguments.only or table["name"] in arguments.only:
            lines.append(measure(arguments.data, table, arguments.rows))
            show(lines[-1])
    wins = sum(line["netable"] < line["linear"] for line in lines)
    print(f"netable has the lower error on {wins} of {len(lines)} tables")
    RESULTS.write_text("".join(json.dumps(line) + "\n" for line in lines))


def measure(folder: Path, table: dict[str, Any], rows: int) -> dict[str, Any]:
    """Both models on one table."""
    frame = pd.read_parquet(folder / table["file"])
    frame = frame.sample(min(rows, len(frame)), random_state=0)
    y = frame.pop(table["target"])
    classes = table["task"] != "regression"
    y = y.astype(str if classes else float)
    X, X_test, y, y_test = train_test_split(
        frame, y, test_size=0.2, random_state=0, stratify=y if classes else None
    )
    line: dict[str, Any] = {"table": table["name"], "task": table["task"], "rows": len(X)}
    net = NetClassifier() if classes else NetRegressor()
    for name, model in (("linear", linear_model(classes)), ("netable", net)):
        started = time.perf_counter()
        model.fit(X, y)
        line[f"{name}_seconds"] = round(time.perf_counter() - started, 2)
        line[name] = round(error(model, X_test, y_test, table["task"]), 4)
    versions = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "scikit-learn": sklearn.__version__,
    }
    return line | {"date": date.today().isoformat(), "threads": torch.get_num_threads(), **versions}


def linear_model(classes: bool) -> Any:
    """Ridge or logistic regression as a careful person would set it up."""
    is_number = make_column_selector(dtype_include="number")
    is_other = make_column_selector(dtype_include=["object", "string", "category", "bool"])
    one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=3)
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), is_number),
        (make_pipeline(FunctionTransformer(_as_words), one_hot), is_other),
    )
    head = LogisticRegression(max_iter=1000) if classes else RidgeCV(np.logspace(-3, 4, 15))
    return make_pipeline(columns, head)


def _as_words(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype(object).where(frame.notna(), "missing").astype(str)


def error(model: Any, X: pd.DataFrame, y: pd.Series, task: str) -> float:
    """The error of a fitted model on rows that it has not seen."""
    if task == "regression":
        return float(root_mean_squared_error(y, model.predict(X)) / y.std())
    probability = model.predict_proba(X)
    if task == "binary":
        return float(1 - roc_auc_score(y == model.classes_[1], probability[:, 1]))
    return float(log_loss(y, probability, labels=model.classes_))


def show(line: dict[str, Any]) -> None:
    """One line of the comparison."""
    mark = " " if line["netable"] < line["linear"] else "*"
    figures = "  ".join(
        f"{name} {line[name]:.4f} ({line[f'{name}_seconds']} s)" for name in ("linear", "netable")
    )
    print(f"{mark} {line['table']:20} {figures}", flush=True)


if __name__ == "__main__":
    main()
