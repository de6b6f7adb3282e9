"""Run `netable demo` and draw what it prints: `python docs/make_terminal_picture.py` writes docs/terminal.svg."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).with_name("terminal.svg")
WIDTH = 80


def run_demo() -> str:
    """What the demonstration prints, in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "netable", "demo"]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def draw(text: str) -> str:
    """The text in a terminal's window, as SVG."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text("$ netable demo", style="bold green"))
    for line in text.splitlines():
        console.print(Text(line, style="bold cyan" if _is_header(line) else ""), soft_wrap=True)
    svg = console.export_svg(title="netable", unique_id="netable")
    # The picture fetches nothing: the reader's own fonts do.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return re.sub(r"[ \t]+\n", "\n", svg).rstrip() + "\n"


def _is_header(line: str) -> bool:
    return line.split() in (["netable", "constant"], ["prediction", "proba_malignant", "truth"])


if __name__ == "__main__":
    PICTURE.write_text(draw(run_demo()), encoding="utf-8")
    sys.stdout.write(f"{PICTURE}\n")
