from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from netable.model.file import load, save
from netable.model.model import Model
from netable_files import refusal, with_about, with_tensors
from small import make_table

FEATURES = ["size", "age", "도시", "garden", "sold"]
SCALES, JOINT = "reference.scales", "reference.joint"


@pytest.fixture(scope="module")
def content(regression_model: Model, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("model") / "m.netable"
    save(regression_model, path)
    return path.read_bytes()


@pytest.mark.parametrize("name", ["regression_model", "classifier_model"])
def test_reference_from__saved_reference__is_the_same(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    model: Model = request.getfixturevalue(name)
    save(model, tmp_path / "m")
    kept, loaded = model.reference, load(tmp_path / "m").reference

    assert kept is not None
    assert loaded is not None
    assert all(getattr(loaded, name) == getattr(kept, name) for name in ("rows", "sampled", "reach", "limit"))
    for one, other in zip(
        (*kept.scales, kept.levels, *kept.joint, *kept.distances, *kept.layout),
        (*loaded.scales, loaded.levels, *loaded.joint, *loaded.distances, *loaded.layout),
        strict=True,
    ):
        assert np.asarray(one).dtype == np.asarray(other).dtype
        assert np.array_equal(one, other)
    features = make_table(400).select(FEATURES)
    assert load(tmp_path / "m").guard(features).to_dict() == model.guard(features).to_dict()


def test_reference__of_a_table__takes_little_room(regression_model: Model, tmp_path: Path) -> None:
    save(regression_model, tmp_path / "with")
    save(replace(regression_model, reference=None), tmp_path / "without")

    assert (tmp_path / "with").stat().st_size - (tmp_path / "without").stat().st_size < 4_000


def test_reference_from__file_without_one__has_none(content: bytes, tmp_path: Path) -> None:
    def forget(about: dict[str, Any]) -> None:
        del about["reference"]

    def drop(tensors: dict[str, torch.Tensor]) -> None:
        for name in [name for name in tensors if name.startswith("reference")]:
            del tensors[name]

    (tmp_path / "m").write_bytes(with_about(with_tensors(content, drop), forget))
    loaded = load(tmp_path / "m")

    assert loaded.reference is None
    assert np.isfinite(loaded.predict(make_table().select(FEATURES))).all()


def change(name: str, to: Callable[[torch.Tensor], object]) -> Callable[[dict[str, torch.Tensor]], object]:
    """Change a tensor in place, or put what the function returns in its place."""

    def changed(tensors: dict[str, torch.Tensor]) -> None:
        result = to(tensors[name])
        assert isinstance(result, torch.Tensor)
        tensors[name] = result

    return changed


HOSTILE: dict[str, Callable[[dict[str, torch.Tensor]], object]] = {
    "no values": lambda t: t.pop(f"{SCALES}.values"),
    "values of many columns": change(f"{SCALES}.values", lambda t: torch.zeros(10**5, 27)),
    "huge empty values": change(f"{SCALES}.values", lambda t: torch.zeros(10**9, 0)),
    "values in no order": change(f"{SCALES}.values", lambda t: t.neg_()),
    "values of no number": change(f"{SCALES}.values", lambda t: t.fill_(torch.nan)),
    "values in another precision": change(f"{SCALES}.values", lambda t: t.double()),
    "shares in no order": change(f"{SCALES}.up_to", lambda t: 1 - t),
    "shares beyond all": change(f"{SCALES}.up_to", lambda t: t + 1),
    "shares of some rows": change(f"{SCALES}.up_to", lambda t: t / 2),
    "missing below nothing": change(f"{SCALES}.missing", lambda t: t - 1),
    "levels of another table": change("reference.levels", lambda t: t[:-1].clone()),
    "levels that are whole numbers": change("reference.levels", lambda t: t.long()),
    "features that do not exist": change(f"{JOINT}.features", lambda t: t + 10**6),
    "features before the first": change(f"{JOINT}.features", lambda t: t - 10**6),
    "many features": change(f"{JOINT}.features", lambda t: torch.zeros(10**5, dtype=torch.int64)),
    "features that do not vary": change(f"{JOINT}.spread", lambda t: t.zero_()),
    "precision of another shape": change(f"{JOINT}.precision", lambda t: t[:1].clone()),
    "precision below zero": change(f"{JOINT}.precision", lambda t: t.neg_()),
    "no outcomes": lambda t: t.pop("reference.outcomes.values"),
    "outcomes of other targets": change("reference.outcomes.values", lambda t: torch.zeros(9, 27)),
    "errors in no order": change("reference.errors.values", lambda t: t.neg_() - torch.arange(27)),
    "no distances": lambda t: t.pop("reference.distances.up_to"),
}


@pytest.mark.bad_input(87)
@pytest.mark.parametrize("name", HOSTILE)
def test_load__hostile_reference__is_one_line_and_takes_no_memory(
    content: bytes, tmp_path: Path, name: str
) -> None:
    refused = refusal(tmp_path / "m", with_tensors(content, HOSTILE[name]))

    assert refused.startswith(("does not hold a complete model: ", "is not a netable model: the tensor "))


@pytest.mark.bad_input(87)
@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[(key, value) for key in ("rows", "sampled") for value in (0, -1, 1.5, True, "many", None, 2**63)],
        *[("judged", value) for value in (-1, 1.5, True, "many", 2**63)],
        *[(key, value) for key in ("reach", "limit") for value in (-1.0, "far", None, [1.0], 10**400)],
    ],
)
def test_load__hostile_record_of_a_reference__is_one_line(
    content: bytes, tmp_path: Path, key: str, value: Any
) -> None:
    refused = refusal(
        tmp_path / "m", with_about(content, lambda about: about["reference"].update({key: value}))
    )

    assert refused.startswith("does not hold a complete model: ")


@pytest.mark.bad_input(87)
@pytest.mark.parametrize("record", [5, "all", [], {}, {"rows": 3}])
def test_load__reference_of_another_form__is_one_line(content: bytes, tmp_path: Path, record: Any) -> None:
    refused = refusal(tmp_path / "m", with_about(content, lambda about: about.update(reference=record)))

    assert refused.startswith("does not hold a complete model: ")


def test_reference__numbers_of_any_size__are_finite(regression_model: Model) -> None:
    assert regression_model.reference is not None
    assert all(map(math.isfinite, (regression_model.reference.reach, regression_model.reference.limit)))
