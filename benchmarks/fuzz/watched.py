"""Checks of every fuzzer: an input ends in a result or a UserError, quickly, and executes nothing."""

from __future__ import annotations

import argparse
import atexit
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks.fuzz.fuzzer import MISSING, atheris
from netable.errors import UserError, memory_errors

SECONDS, MEGABYTES = 2.0, 500
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
# What neither a model nor a configuration may bring about.
FORBIDDEN = (
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "subprocess.Popen",
    "socket.",
    "pickle.find_class",
)


# Seconds that an input may take beyond that, for what is slow with any model.
excused = [0.0]


class Forbidden(Exception):
    """Something was about to be run, or to be fetched."""


class TooSlow(Exception):
    """An input that takes longer than a reader would wait."""


@dataclass
class Findings:
    """Inputs that did what no input may, one of each kind."""

    folder: Path
    inputs: int = 0
    accepted: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    slowest: float = 0.0

    def add(self, error: BaseException, data: bytes) -> None:
        """Keep the input if there is none of its kind."""
        frames = traceback.extract_tb(error.__traceback__)
        ours = [f for f in frames if "netable" in f.filename and "fuzz" not in f.filename] or frames
        where = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "no place"
        kind = f"{type(error).__name__} at {where}"
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if self.kinds[kind] == 1:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / f"{len(self.kinds):03}").write_bytes(data)
            text = "".join(traceback.format_exception(error)[-8:])
            print(f"FINDING {len(self.kinds)}: {kind}\n{text[-2500:]}", flush=True)

    def summary(self) -> str:
        """One line."""
        return (
            f"{self.inputs:,} inputs, {self.accepted:,} accepted, slowest {self.slowest:.2f} s of CPU, "
            f"{len(self.kinds)} kinds of findings {self.kinds or ''}"
        )


def _forbid(event: str, args: Any) -> None:
    if event.startswith(FORBIDDEN):
        raise Forbidden(f"{event} {args!r:.200}")


def _too_slow(_: int, __: FrameType | None) -> None:
    raise TooSlow


def watched(try_input: Callable[[bytes], bool], findings: Findings) -> Callable[[bytes], None]:
    """A target for the fuzzer that keeps what it finds and goes on."""
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def target(data: bytes) -> None:
        nonlocal grown
        findings.inputs += 1
        excused[0] = 0.0
        started = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, 15 * SECONDS)
        try:
            with memory_errors():
                findings.accepted += try_input(data)
        except UserError as error:
            if "\n" in str(error) or len(str(error)) > 1500:
                findings.add(AssertionError(f"not one short line: {error!s:.300}"), data)
        except Exception as error:
            findings.add(error, data)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        seconds = time.process_time() - started - excused[0]
        findings.slowest = max(findings.slowest, seconds)
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        if seconds > SECONDS:
            findings.add(TooSlow(f"{seconds:.1f} s"), data)
        if most > grown + MEGABYTES:
            findings.add(MemoryError(f"{most - grown:.0f} MB"), data)
            grown = most
        if findings.inputs % 5_000 == 0:
            print(findings.summary(), flush=True)

    return target


def run(name: str, try_input: Callable[[bytes], bool], seeds: Path, words: Path | None = None) -> None:
    """Fuzz for a stated number of inputs; exit code 1 if there were findings."""
    parser = argparse.ArgumentParser(description=f"Fuzz the reader of {name}.")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, help="a folder of inputs found, gone on with (a new one)")
    parser.add_argument("--again", type=Path, help="a file of findings to run once more")
    options = parser.parse_args()
    if atheris is None:
        parser.exit(2, MISSING)
    corpus = options.corpus or Path(tempfile.mkdtemp(prefix=f"netable-fuzz-{name}-"))
    print(f"inputs and findings: {corpus}", flush=True)
    findings = Findings(corpus / "findings")
    warnings.simplefilter("ignore")
    target = watched(try_input, findings)
    signal.signal(signal.SIGVTALRM, _too_slow)
    target(b"warm" * 20)
    sys.addaudithook(_forbid)
    if options.again:
        target(options.again.read_bytes())
        return
    found = corpus / "inputs"
    found.mkdir(parents=True, exist_ok=True)
    arguments = [
        sys.argv[0],
        f"-runs={options.runs}",
        f"-seed={options.seed}",
        "-max_len=4096",
        "-rss_limit_mb=6000",
    ]
    arguments += ["-timeout=60", "-print_final_stats=0", str(found), str(seeds)]
    if words:
        arguments.insert(1, f"-dict={words}")
    atheris.Setup(arguments, target)
    atexit.register(lambda: print(findings.summary(), flush=True))
    atheris.Fuzz()
