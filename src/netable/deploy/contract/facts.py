"""What an exported file knows of its model beside the predictions: how to read rows, and what to show of columns."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import safetensors.numpy

from netable.config.exports import ExportSettings
from netable.config.recipe import Recipe, recipe_from
from netable.deploy.contract.inputs import Input, inputs_of
from netable.model.guard.reference import Reference
from netable.model.guard.stored import reference_arrays, reference_from, reference_record
from netable.model.intervals import MOST_BINS, TAILS, UNITS, Errors, Intervals
from netable.model.table_model import TableModel
from netable.system.json import without_nan
from netable.table.encode import Encoder
from netable.table.target import Target

# Another meaning of these facts needs a higher number.
FORMAT = 1


@dataclass(frozen=True)
class Facts:
    """Parts of a model that need no torch, and the inputs of its file."""

    inputs: tuple[Input, ...]
    recipe: Recipe
    target: Target
    encoder: Encoder
    intervals: Intervals
    reference: Reference | None


def facts_of(model: TableModel, settings: ExportSettings) -> dict[str, Any]:
    """Plain values, ready for JSON, about a file of these settings."""
    intervals = model.intervals
    errors = [{name: part.tolist() for name, part in each._asdict().items()} for each in intervals.errors]
    facts = {
        "format": FORMAT,
        "numbers": settings.numbers,
        "dates": settings.dates,
        "config": model.recipe.to_dict(),
        "target": model.target.to_dict(),
        "encoder": model.encoder.to_dict(),
        "intervals": {"errors": errors, "units": list(intervals.units), "why_none": intervals.why_none},
        "reference": model.reference and _stored(model.reference),
    }
    plain: dict[str, Any] = without_nan(facts)
    return plain


def facts_from(plain: Mapping[str, Any]) -> Facts:
    """What `facts_of` wrote.

    Raises
    ------
    LookupError, TypeError, ValueError, UserError
        If `facts_of` cannot have written it.
    """
    target = Target.from_dict(plain["target"])
    encoder = Encoder.from_dict(plain["encoder"])
    settings = ExportSettings(numbers=plain["numbers"], dates=plain["dates"])
    return Facts(
        inputs=inputs_of(encoder.schema, settings),
        recipe=recipe_from(plain["config"], source="the exported file"),
        target=target,
        encoder=encoder,
        intervals=_intervals(plain["intervals"], target),
        reference=_reference(plain.get("reference"), encoder, target),
    )


def _stored(reference: Reference) -> dict[str, Any]:
    """A reference without predictions and errors, which only `netable monitor` reads."""
    reference = replace(reference, judged=None)
    arrays = base64.b64encode(safetensors.numpy.save(reference_arrays(reference))).decode()
    return {"record": reference_record(reference), "arrays": arrays}


def _reference(plain: Any, encoder: Encoder, target: Target) -> Reference | None:
    """None for files of versions that kept none, and of models without one."""
    if plain is None:
        return None
    arrays = safetensors.numpy.load(base64.b64decode(plain["arrays"]))
    dtype = np.dtype(np.float64 if arrays["reference.scales.values"].dtype == np.float64 else np.float32)
    return reference_from(arrays, plain["record"], encoder, target, dtype)


def _intervals(plain: Mapping[str, Any], target: Target) -> Intervals:
    if plain["why_none"]:
        return Intervals(why_none=str(plain["why_none"]))
    units, errors = tuple(plain["units"]), tuple(map(_errors, plain["errors"]))
    if not len(units) == len(errors) == target.d_out or not set(units) <= UNITS.keys():
        raise ValueError(f"intervals in {len(units)} units for {target.d_out} targets, or unknown ones")
    return Intervals(errors, units)


def _errors(plain: Mapping[str, Any]) -> Errors:
    errors = Errors(*(np.array(plain[name], np.float64) for name in Errors._fields))
    bins = len(errors.centers)
    if not 1 <= bins <= MOST_BINS or {errors.low.shape, errors.high.shape} != {(bins, len(TAILS))}:
        raise ValueError(f"intervals in {bins} bins")
    return errors
