"""Tables with texts: what the texts are worth to netable, beside other ways to use them.

    python -m benchmarks.quality.text --data DIR [--only NAME …] [--methods NAME …] [--summary]

titanic is cut to its training rows of the quality benchmark (split 0). The reviews are made: their target follows from
words and from whether they are negated, plus noise. The docstrings are real: the first lines of those of installed
libraries, and the library as the class. Every table is split three times.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegressionCV, RidgeCV
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.measurements import append_row, circumstances, make_parser, markdown_table, read_rows
from benchmarks.tables import load_index, split_table
from netable import NetClassifier, NetRegressor

RESULTS = Path(__file__).parent / "results" / "text.jsonl"
PACKAGES = ("netable", "torch", "scikit-learn", "skrub", "lightgbm")
SPLITS = 3
TEST_SHARE = 0.25
ROWS = 3000
LIBRARIES = ("numpy", "scipy", "sklearn", "pandas", "torch", "matplotlib")


class TextTable(NamedTuple):
    """Rows, a target of numbers or classes, and the names of the columns of texts."""

    X: pd.DataFrame
    y: np.ndarray
    texts: list[str]

    @property
    def has_classes(self) -> bool:
        """The target is a class."""
        return self.y.dtype.kind != "f"


# Words, and what each adds to the opinion of a review.
ENGLISH = {
    "things": ["room", "food", "service", "staff", "bed", "view", "breakfast", "price", "pool", "lobby"],
    "opinions": {
        "great": 1, "lovely": 1, "excellent": 1.5, "superb": 1.5, "clean": 0.7, "friendly": 0.8, "fine": 0.3,
        "awful": -1.5, "dirty": -1, "rude": -1.2, "poor": -0.8, "noisy": -0.7, "terrible": -1.5, "boring": -0.6,
    },
    "fillings": [
        "we stayed for two nights", "it was raining all day", "my sister booked it", "we came by train",
        "the city is near", "our flight was late", "we may come again", "it was our first visit",
        "we asked for a quiet floor", "parking took a while",
    ],
}  # fmt: skip
KOREAN = {
    "things": ["방", "음식", "서비스", "직원", "침대", "전망", "아침", "가격", "수영장", "로비"],
    "opinions": {
        "훌륭": 1.5, "깨끗": 0.7, "친절": 0.8, "편안": 1, "완벽": 1.5, "무난": 0.3, "조용": 0.6,
        "불친절": -1.2, "더럽": -1, "시끄럽": -0.7, "불편": -0.8, "형편없": -1.5, "지루": -0.6, "별로": -0.8,
    },
    "fillings": [
        "이틀 동안 묵었습니다", "하루 종일 비가 왔어요", "동생이 예약했어요", "기차로 갔습니다", "도시가 가까워요",
        "비행기가 늦었어요", "다시 갈 수도 있어요", "처음 가 보았습니다", "주차가 오래 걸렸어요",
    ],
}  # fmt: skip


def _english(rng: np.random.Generator, thing: str, opinion: str, negated: bool) -> str:
    was = rng.choice(["was", "is", "seemed"])
    return f"the {thing} {was} {'not ' if negated else ''}{rng.choice(['', 'really ', 'quite '])}{opinion}"


def _korean(rng: np.random.Generator, thing: str, opinion: str, negated: bool) -> str:
    particle = rng.choice(["은", "이", "도", "만"])
    stem = "하" if opinion in KOREAN["opinions"] and opinion[-1] not in "럽없로" else ""
    ending = rng.choice(["고", "지만", "네요", "습니다", "던데"]) if not negated else "지 않았어요"
    return f"{thing}{particle} {opinion}{stem}{ending}"


def reviews(
    language: dict[str, Any], phrase: Callable[..., str], seed: int = 0
) -> tuple[pd.DataFrame, np.ndarray]:
    """Reviews of two to five phrases, beside the nights and the price of a stay; the stars they give, with noise."""
    rng = np.random.default_rng(seed)
    words = list(language["opinions"])
    texts, score = [], np.zeros(ROWS)
    for i in range(ROWS):
        parts = []
        for _ in range(rng.integers(1, 4)):
            word, negated = str(rng.choice(words)), bool(rng.random() < 0.2)
            parts.append(phrase(rng, rng.choice(language["things"]), word, negated))
            score[i] += language["opinions"][word] * (-0.6 if negated else 1)
        parts += list(rng.choice(language["fillings"], rng.integers(1, 3), replace=False))
        texts.append(", ".join(rng.permutation(parts)) + ".")
    nights, price = rng.integers(1, 8, ROWS), rng.gamma(4, 40, ROWS).round()
    score += 0.1 * nights - 0.005 * price + 0.5 * rng.standard_normal(ROWS)
    return pd.DataFrame({"nights": nights, "price": price, "review": texts}), score


def docstrings() -> tuple[pd.DataFrame, np.ndarray]:
    """First lines of docstrings of functions and classes, with the length of their names, and the library as class."""
    rows: dict[tuple[str, str], tuple[int, str]] = {}
    for library in LIBRARIES:
        package = importlib.import_module(library)
        for found in pkgutil.iter_modules(package.__path__):
            if found.name.startswith("_") or found.name in ("tests", "testing", "conftest"):
                continue
            try:
                module = importlib.import_module(f"{library}.{found.name}")
            except Exception:  # an optional part
                continue
            for name, thing in vars(module).items():
                line = (inspect.getdoc(thing) or "").split("\n")[0]
                if (
                    not callable(thing)
                    or name.startswith("_")
                    or len(line.split()) < 3
                    or library in line.lower()
                ):
                    continue
                if not str(getattr(thing, "__module__", "")).startswith(library):
                    continue
                rows[name, line] = (len(name), library)
    keys = sorted(rows)
    X = pd.DataFrame(
        {"function": [k[0] for k in keys], "line": [k[1] for k in keys], "length": [rows[k][0] for k in keys]}
    )
    return X, np.array([rows[k][1] for k in keys], dtype=object)


def text_tables(folder: Path) -> dict[str, Callable[[], TextTable]]:
    """The tables by name, each read or made when asked for."""

    def titanic() -> TextTable:
        (entry,) = (entry for entry in load_index(folder) if entry.name == "titanic")
        split = split_table(folder, entry, rows=20_000, seed=0)
        return TextTable(split.X, split.y.astype(str), ["Name", "Ticket", "Cabin"])

    def english() -> TextTable:
        X, score = reviews(ENGLISH, _english)
        return TextTable(X, np.where(score > np.median(score), "good", "bad").astype(object), ["review"])

    def korean() -> TextTable:
        return TextTable(*reviews(KOREAN, _korean), ["review"])

    return {
        "titanic": titanic,
        "English reviews": english,
        "Korean reviews": korean,
        "docstrings": lambda: TextTable(*docstrings(), ["function", "line"]),
    }


def main() -> None:
    """Measure what is missing, and sum up."""
    parser = make_parser(__doc__, data=True)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--methods", nargs="*", choices=METHODS, default=list(METHODS))
    arguments = parser.parse_args()
    if not arguments.summary:
        warnings.simplefilter("ignore")
        for name, make in text_tables(arguments.data).items():
            if not arguments.only or name in arguments.only:
                measure(name, make(), arguments.methods)
    print(summary(read_rows(RESULTS)))


def measure(name: str, table: TextTable, methods: list[str]) -> None:
    """Add what is missing of one table."""
    known = {(row["table"], row["method"], row["split"]) for row in read_rows(RESULTS)}
    for seed in range(SPLITS):
        classes = table.y if table.has_classes else None
        parts = train_test_split(table.X, table.y, test_size=TEST_SHARE, random_state=seed, stratify=classes)
        for method in methods:
            if (name, method, seed) not in known:
                error, seconds = METHODS[method](table, *parts)
                row = {"table": name, "method": method, "split": seed, "error": error, "seconds": seconds}
                append_row(RESULTS, row | circumstances(PACKAGES))


def _judged(model: Any, table: TextTable, X: Any, X_test: Any, y: Any, y_test: Any) -> tuple[float, float]:
    """The log loss or the root mean squared error of held-out rows, and the seconds of training."""
    started = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - started
    if table.has_classes:
        return float(log_loss(y_test, model.predict_proba(X_test), labels=model.classes_)), seconds
    return float(root_mean_squared_error(y_test, model.predict(X_test))), seconds


def _netable(table: TextTable, X: Any, X_test: Any, *y: Any) -> tuple[float, float]:
    model = (NetClassifier if table.has_classes else NetRegressor)(kinds=dict.fromkeys(table.texts, "text"))
    return _judged(model, table, X, X_test, *y)


def _default(table: TextTable, X: Any, X_test: Any, *y: Any) -> tuple[float, float]:
    return _judged((NetClassifier if table.has_classes else NetRegressor)(), table, X, X_test, *y)


def _without(table: TextTable, X: Any, X_test: Any, *y: Any) -> tuple[float, float]:
    return _default(table, X.drop(columns=table.texts), X_test.drop(columns=table.texts), *y)


def _linear(table: TextTable, X: Any, X_test: Any, *y: Any) -> tuple[float, float]:
    """TF-IDF of words and of parts of words, and standardized numbers, in a linear model."""
    numbers = list(X.select_dtypes("number").columns)
    parts = [(TfidfVectorizer(sublinear_tf=True, min_df=2), name) for name in table.texts]
    of_words: dict[str, Any] = {"analyzer": "char_wb", "ngram_range": (2, 5), "max_features": 1 << 13}
    parts += [(TfidfVectorizer(sublinear_tf=True, min_df=2, **of_words), name) for name in table.texts]
    scaled = make_pipeline(SimpleImputer(), StandardScaler())
    line = LogisticRegressionCV(Cs=[0.1, 1, 10], cv=4, max_iter=300, scoring="neg_log_loss")
    end = line if table.has_classes else RidgeCV(np.logspace(-2, 2, 9))
    model = make_pipeline(make_column_transformer((scaled, numbers), *parts), end)
    filled = (frame.fillna(dict.fromkeys(table.texts, "")) for frame in (X, X_test))
    return _judged(model, table, *filled, *y)


def _skrub(table: TextTable, X: Any, X_test: Any, *y: Any) -> tuple[float, float]:
    """skrub's TableVectorizer and LightGBM, both with their defaults."""
    from lightgbm import LGBMClassifier, LGBMRegressor
    from skrub import TableVectorizer

    trees = (LGBMClassifier if table.has_classes else LGBMRegressor)(verbose=-1, n_jobs=1)
    return _judged(make_pipeline(TableVectorizer(), trees), table, X, X_test, *y)


METHODS: dict[str, Callable[..., tuple[float, float]]] = {
    "netable without texts": _without,
    "netable": _default,
    "netable, all texts as text": _netable,
    "TF-IDF + linear": _linear,
    "skrub + LightGBM": _skrub,
}


def summary(rows: list[dict[str, Any]]) -> str:
    """The mean error of each method on each table."""
    tables = list(dict.fromkeys(row["table"] for row in rows))
    methods = [method for method in METHODS if any(row["method"] == method for row in rows)]
    lines = []
    for method in methods:
        cells = []
        for table in tables:
            errors = [row["error"] for row in rows if (row["table"], row["method"]) == (table, method)]
            cells.append(f"{np.mean(errors):.3f} ({len(errors)})" if errors else "")
        lines.append([method, *cells])
    head = ["method", *(f"{table}, error (splits)" for table in tables)]
    return markdown_table(head, lines)


if __name__ == "__main__":
    main()
