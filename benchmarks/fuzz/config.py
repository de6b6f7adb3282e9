"""Fuzzer of the configuration reader: `python -m benchmarks.fuzz.config --runs 200000`.

Half of the inputs are the fuzzer's own bytes, put together from words of YAML; the other half are settings with
absurd values, written as YAML.
"""

from __future__ import annotations

import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Any

from benchmarks.fuzz.fuzzer import atheris, instrumented

with instrumented():
    from benchmarks.fuzz.watched import IN_MEMORY, run
    from netable.config.settings import Settings, config_from
    from netable.config.yaml_file import read_config_file

HERE = Path(__file__).parent
SETTINGS = [f.name for f in fields(Settings)] + ["optimiser", "", "<<", "="]
VALUES = [
    *(
        "1",
        "0",
        "-1",
        "1e400",
        "1" * 5000,
        "0x" + "f" * 5000,
        "1e-3",
        ".nan",
        ".inf",
        "-.inf",
        "~",
        "null",
        "yes",
    ),
    *(
        "no",
        "2020-01-01",
        "2020-13-45",
        "2020-01-01T25:61:61Z",
        "190:20:30",
        "1:1:1:1:1.5",
        "0b",
        "0x",
        "0o9",
        "_",
    ),
    *(
        "a",
        "'a'",
        '"\\ud800"',
        '"\\0"',
        '"\\U0001F600"',
        "auto",
        "mlp",
        "bins",
        "relu",
        "[]",
        "{}",
        "[[]]",
        "[auto]",
    ),
    *(
        "[1, 2]",
        "[0]",
        "[99999999999]",
        "{a: 1}",
        "{a: {a: {a: 1}}}",
        "{1: 2}",
        "{[1]: 2}",
        "? [a]\n  : b",
        "&x a",
    ),
    *(
        "*x",
        "&x [*x]",
        "!!int a",
        "!!float ''",
        "!!bool x",
        "!!set {a}",
        "!!binary aGk=",
        "!!timestamp x",
        "! a",
    ),
    *(
        "!!python/object/apply:os.system [echo hi]",
        "!!python/name:os.system",
        "|\n  a\n  b",
        ">\n a",
        "- a\n- b",
    ),
    *(
        "{<<: {lr: 1}}",
        "{lr: 1, lr: 2}",
        "[{seed: 1}, {lr: fast}]",
        "[{}]",
        "[{stacks: [{}]}]",
        "%YAML 1.1",
        "---",
    ),
]
_FILE = Path(tempfile.mkdtemp(dir=IN_MEMORY)) / "config.yaml"


def _composed(data: Any) -> str:
    """Settings and values, most of them out of place."""
    lines = []
    for _ in range(data.ConsumeIntInRange(1, 8)):
        name = data.PickValueInList(SETTINGS)
        value = data.PickValueInList(VALUES)
        for _ in range(data.ConsumeIntInRange(0, 3)):
            other = data.PickValueInList(VALUES)
            value = data.PickValueInList(
                [f"[{value}, {other}]", f"{{{value}: {other}}}", f"'{value}'", other]
            )
        depth = data.PickValueInList([*[0] * 40, 3, 12, 200])
        lines.append(f"{name}: {'[' * depth}{value}{']' * depth}")
    between: str = data.PickValueInList(["\n", "\n", "\n\n", "\r\n", " "])
    return between.join(lines)


def try_input(data: bytes) -> bool:
    """Return True if the input is a configuration; its first byte selects how the rest becomes one."""
    content = data[1:]
    if data[:1] > b"@":
        content = _composed(atheris.FuzzedDataProvider(content)).encode("utf-8", "surrogatepass")
    _FILE.write_bytes(content)
    settings = read_config_file(_FILE)
    told = config_from(settings).to_dict()
    assert config_from(told).to_dict() == told, "written and read again it is another one"
    return True


if __name__ == "__main__":
    run("config", try_input, HERE / "seeds" / "config", HERE / "yaml.dict")
