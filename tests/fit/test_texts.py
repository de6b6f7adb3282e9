"""Texts on their whole way: fit, file, prediction, explanation and report."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from netable import write_report
from netable.config.settings import Settings
from netable.errors import DataWarning
from netable.explanation import partial_dependence, permutation_importance
from netable.fit.fit import fit
from netable.model.file import load, save
from netable.model.model import Model

ROWS = 160
FEW: dict[str, Any] = {"hidden_layer_sizes": (8,), "folds": 2, "max_epochs": 40}


def reviews() -> pa.Table:
    """A number that says nothing, texts of which some are missing, and stars that follow from a word."""
    rng = np.random.default_rng(0)
    good = rng.random(ROWS) < 0.5
    opinion = np.where(good, "훌륭", "형편없")
    endings, things = rng.choice(["네요", "습니다", "고"], ROWS), rng.choice(["방", "음식", "전망"], ROWS)
    words = rng.choice(["in may", "late", "with rain", "for two nights"], ROWS)
    texts = [
        f"{t} {o}{e} {w}, {i}"
        for t, o, e, w, i in zip(things, opinion, endings, words, range(ROWS), strict=True)
    ]
    mask = rng.random(ROWS) < 0.1
    stars = np.where(good, 4.0, 1.0) + 0.1 * rng.normal(size=ROWS)
    return pa.table({"price": rng.normal(size=ROWS), "review": pa.array(texts, mask=mask), "stars": stars})


@pytest.fixture(scope="module")
def model() -> Model:
    return fit(reviews(), Settings(target="stars", **FEW))


def test_fit__target_follows_from_a_stem__is_learned_out_of_fold(model: Model) -> None:
    assert [column.kind for column in model.schema.used] == ["number", "text"]
    assert model.results["valid"]["rmse"] < 0.6 * model.results["baseline"]["rmse"]


def test_file__model_of_texts__predicts_the_same(model: Model, tmp_path: Path) -> None:
    save(model, tmp_path / "m.netable")
    loaded = load(tmp_path / "m.netable")

    assert loaded.encoder == model.encoder
    np.testing.assert_array_equal(loaded.predict(reviews()), model.predict(reviews()))


def test_predict__single_rows__are_as_many_rows(model: Model) -> None:
    rows = reviews()
    single = np.concatenate([model.predict(rows.slice(i, 1)) for i in range(12)])

    np.testing.assert_allclose(single, model.predict(rows)[:12], rtol=1e-4, atol=1e-5)


def test_predict__texts_never_seen_empty_or_missing__are_finite_and_no_unseen_levels(model: Model) -> None:
    texts = ["完全に知らない", "", None, "!?", "훌륭한 " * 20_000, "Z" * 100]
    rows = pa.table({"price": [0.0] * len(texts), "review": texts})
    with pytest.warns(DataWarning, match="Farther outside the range.*'review \\(words\\)'") as notes:
        encoded = model.encode(rows)

    assert len(notes) == 1
    assert np.isfinite(model.outcome_of(encoded)).all()
    assert (encoded.codes[:4, model.encoder.spans["review"][1]] == 0).all()


def test_predict__stem_in_a_form_never_seen__is_understood(model: Model) -> None:
    rows = pa.table(
        {"price": [0.0, 0.0], "review": [f"방 {word}더군요 in may, 7" for word in ("훌륭하", "형편없")]}
    )

    good, bad = model.predict(rows)

    assert good > bad + 0.5


def test_explanation__text__moves_as_a_whole(model: Model, tmp_path: Path) -> None:
    rows = reviews()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        first = permutation_importance(model, rows)[0]
        dependence = partial_dependence(model, rows, "review", points=3)
        write_report(model, tmp_path / "report.html", rows)

    assert first.name == "review"
    assert dependence.kind == "text"
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "known pieces of words" in page


def test_fit__other_order_of_rows__knows_the_same_pieces(model: Model) -> None:
    rows = reviews().take(np.random.default_rng(1).permutation(ROWS))

    other = fit(rows, Settings(target="stars", **FEW | {"max_epochs": 1}))

    assert (other.encoder.levels, other.encoder.widths) == (model.encoder.levels, model.encoder.widths)
