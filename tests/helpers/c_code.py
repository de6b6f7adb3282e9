"""Small C functions that are compiled and called on the spot."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from netable.deploy.c.source import Source

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc to compile with")

_HEAD = """
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#define NO_DATE INT64_MIN
#define DAY INT64_C(86400000000)
#define MINUTE INT64_C(60000000)
#define TURN 6.2831853071795862
#define LARGEST 1e300
#define FARTHEST ((real)1e6)
typedef {real} real;
struct terms {{
    int count;
    real factors[64];
    int rows[64];
}};
struct encoded {{
    real numbers[16];
    unsigned char missing[16];
    int codes[16];
}};
struct row {{
{fields}
}};
"""


def compiled(build: Callable[[Source], None], dtype: str = "float64", fields: str = "    int none;") -> Any:
    """The functions that `build(source)` adds, those without `static`, by ctypes."""
    source = Source(np.dtype(dtype))
    build(source)
    real = {"float32": "float", "float64": "double"}[dtype]
    code = _HEAD.format(real=real, fields=fields) + source.code()
    with TemporaryDirectory() as folder:
        Path(folder, "code.c").write_text(code, "utf-8")
        command = ["gcc", "-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
        subprocess.run([*command, "-o", "code.so", "code.c", "-lm"], cwd=folder, check=True)
        return ctypes.CDLL(f"{folder}/code.so")


def pointer(array: np.ndarray[Any, Any]) -> ctypes.c_void_p:
    """The address of an array's first element."""
    return ctypes.c_void_p(array.ctypes.data)
