from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest

from benchmarks.measurements import child_environment
from processes import SECONDS


@pytest.mark.skipif(find_spec("atheris") is not None, reason="atheris is installed")
def test_fuzzer__without_atheris__shows_its_options_and_names_the_extra_in_one_line() -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "benchmarks.fuzz.config", *words],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            env=child_environment(),
        )

    helped, refused = run("--help"), run()

    assert (helped.returncode, helped.stderr) == (0, "")
    assert "--runs" in helped.stdout
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "atheris, which fuzzes, is not installed. Try: pip install '.[fuzz]'\n"
