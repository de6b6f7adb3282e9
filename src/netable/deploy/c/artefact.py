"""A model as a C99 file."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.config.exports import ExportSettings
from netable.deploy.c.bodies import add_stack
from netable.deploy.c.columns import MINUTE, add_encode
from netable.deploy.c.features import most_terms
from netable.deploy.c.outcome import label_lines, label_type, mean_lines, number_lines
from netable.deploy.c.source import Source, identifiers, number, remark
from netable.deploy.c.trial import Trial, compiler
from netable.deploy.contract.inputs import DATE, NUMBER, Input, inputs_of
from netable.deploy.contract.proof import Proof
from netable.deploy.contract.scope import check_plain, check_scope
from netable.errors import ConfigError
from netable.model.model import Model
from netable.nn.inputs import FARTHEST
from netable.table.encode import LARGEST
from netable.table.kinds.date import DAY

_TYPES = {NUMBER: "double ", DATE: "int64_t "}
_MISSING = {NUMBER: "NAN", DATE: "NO_DATE"}
_HEADERS = ("float.h", "math.h", "stdint.h", "string.h")


class CFile:
    """A model as a C99 file without dependencies, from raw columns to predictions.

    Parameters
    ----------
    model : Model
    settings : ExportSettings

    Raises
    ------
    UserError
        If the model has a part that C cannot express, or no intervals of this coverage, or settings are for ONNX.
    """

    def __init__(self, model: Model, settings: ExportSettings) -> None:
        _check(model, settings)
        plain = inputs_of(model.schema, settings)
        names = identifiers([each.column.name for each in plain])
        self.inputs = tuple(each._replace(name=name) for each, name in zip(plain, names, strict=True))
        self._model, self._coverage = model, settings.interval
        self._code = _code(model, self.inputs, settings.interval)
        self._trial = Trial(self._code, self.inputs, model.target, has_ends=settings.interval is not None)

    files: tuple[str, ...] = ()
    runs_in = "gcc"

    @property
    def runtime(self) -> str:
        """The compiler that `run` calls, with its version; empty if there is none."""
        return compiler()

    def run(self, table: pa.Table) -> dict[str, NDArray[Any]]:
        """The outputs by name for a canonical table, computed by the compiled file."""
        return self._trial.run(table)

    def content(self, proof: Proof | None) -> bytes:
        """The bytes of the file, with a proof in its first lines."""
        target = self._model.target
        told = proof.told() if proof else "not compared with its model, as there was no gcc"
        lines = [
            f"{target.task} of {', '.join(map(repr, target.names))}, made by netable {version('netable')}.",
            f"Proof: {told}.",
            "Compile: gcc -std=c99 -O2 -c FILE.c; link with -lm. No memory is allocated, no state is kept.",
            "Declarations alone: #define NETABLE_DECLARATIONS before #include of this file.",
        ]
        if self._coverage is not None:
            lines.append(f"lower and upper hold {self._coverage:.0%} of targets.")
        head = "\n".join(f" * {remark(line)}" for line in lines)
        return f"/*\n{head}\n */\n{self._code}".encode()


def _check(model: Model, settings: ExportSettings) -> None:
    check_plain(settings, "A C file takes numbers as double and dates as int64_t")
    check_scope(model, "a C file cannot read")
    nulls = [name for name, known in model.encoder.levels.items() if any("\0" in text for text in known)]
    if nulls:
        raise ConfigError(
            f"A level of the column {nulls[0]!r} has a null character, which ends texts in C; take to='onnx'."
        )


def _code(model: Model, inputs: Sequence[Input], coverage: float | None) -> str:
    net, members = model.net.counting()
    dtype = net.stacks[0].inputs.center.cpu().numpy().dtype
    source, objective, target = Source(dtype), model.objective.take(members), model.target
    add_encode(source, inputs, model.encoder, model.read_options.missing)
    for i, stack in enumerate(net.stacks):
        add_stack(source, stack, model.encoder.d_cat, i)
    d_out = net.stacks[0].body.head.weight.shape[-1]
    body = [
        "struct encoded encoded;",
        f"real output[{len(members) * d_out}];",
        f"{_TYPES[NUMBER]}mean[{target.width}] = {{0}};",
        "int i, m;",
        "",
        "encode(row, &encoded);",
    ]
    first = 0
    for i, stack in enumerate(net.stacks):
        body.append(f"stack_{i}(&encoded, output + {first * d_out});")
        first += len(stack)
    weights = net.weights.double().cpu().numpy()
    body += mean_lines(source, objective, weights / weights.sum(), d_out, target.width)
    if target.task == "regression":
        ends = model.intervals.ends(coverage) if coverage is not None else ()
        body += number_lines(source, target.width, ends)
    else:
        body += label_lines(source, target)
    source.function("void predict(const struct row *row, struct outcome *outcome)", body)
    return "\n".join(
        [
            *_declarations(model, inputs, coverage),
            *_types(model, dtype, max(map(most_terms, net.stacks))),
            source.code(),
            "#endif",
            "",
        ]
    )


def _declarations(model: Model, inputs: Sequence[Input], coverage: float | None) -> list[str]:
    target = model.target
    fields = [_field(each) for each in inputs]
    count = f"[{target.width}]" if target.width > 1 else ""
    if target.task != "regression":
        classes = ", ".join(map(repr, target.labels))
        outcome = [
            f"    {label_type(target)}prediction;",
            f"    double probabilities{count}; /* {remark(classes)} */",
        ]
    else:
        names = ["prediction", *(("lower", "upper") if coverage is not None else ())]
        outcome = [f"    double {name}{count};" for name in names]
    return [
        "#include <stdint.h>",
        "",
        "#define NO_DATE INT64_MIN /* a missing date; others are microseconds since 1970 in UTC */",
        "",
        *("/* Texts are in UTF-8. */", "struct row {", *fields, "};", ""),
        *("struct outcome {", *outcome, "};", ""),
        "void predict(const struct row *row, struct outcome *outcome);",
        "",
    ]


def _field(each: Input) -> str:
    told = f"{each.column.name!r}, {each.column.kind}; {_MISSING.get(each.type, 'NULL')} if missing"
    return f"    {_TYPES.get(each.type, 'const char *')}{each.name}; /* {remark(told)} */"


def _types(model: Model, dtype: np.dtype[Any], terms: int) -> list[str]:
    encoder = model.encoder
    return [
        "#ifndef NETABLE_DECLARATIONS",
        *(f"#include <{name}>" for name in _HEADERS),
        "",
        f"#define DAY INT64_C({DAY})",
        f"#define MINUTE INT64_C({MINUTE})",
        f"#define TURN {number(2 * np.pi)}",
        f"#define LARGEST {number(LARGEST[dtype])}",
        f"#define FARTHEST ((real){number(FARTHEST)})",
        "",
        f"typedef {'float' if dtype == np.float32 else 'double'} real;",
        "",
        "struct terms {",
        "    int count;",
        f"    real factors[{terms + 3}];",
        f"    int rows[{terms + 3}];",
        "};",
        "",
        "struct encoded {",
        f"    real numbers[{max(1, encoder.d_num)}];",
        f"    unsigned char missing[{max(1, encoder.d_num)}];",
        f"    int codes[{max(1, encoder.d_cat)}];",
        "};",
        "",
    ]
