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
    """Run the demonstration in an empty folder and return what it prints."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "netable", "demo"]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def draw(text: str) -> str:
    """Draw the text in a terminal window, as SVG."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text("$ netable demo", style="bold green"))
    for line in text.splitlines():
        console.print(Text(line, style="bold cyan" if _is_header(line) else ""), soft_wrap=True)
    console.print()  # the window cuts off the lower edge of its last line
    svg = console.export_svg(title="netable", unique_id="netable")
    # Use the reader's fonts, so that the picture loads nothing from the network.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return re.sub(r"[ \t]+\n", "\n", svg).rstrip() + "\n"


def _is_header(line: str) -> bool:
    return line.split() in (["netable", "constant"], ["prediction", "proba_malignant", "truth"])


if __name__ == "__main__":
    PICTURE.write_text(draw(run_demo()), encoding="utf-8")
    sys.stdout.write(f"{PICTURE}\n")
