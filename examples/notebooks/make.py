"""Make the notebooks from the scripts beside them, and run them: `python examples/notebooks/make.py [NAME …]`.

A script has a cell after each line `# %%`, or `# %% [markdown]` for text in comments. Needs nbclient and ipykernel.
"""

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

FOLDER = Path(__file__).parent
SCRIPTS = tuple(sorted(set(FOLDER.glob("*.py")) - {Path(__file__)}))
# A low resolution keeps the notebooks small.
BEFORE = "%config InlineBackend.rc = {'figure.dpi': 60, 'figure.figsize': (6, 3.6)}"
SECONDS = 300


def cells(script: str) -> list[tuple[str, str]]:
    """The kind of each cell, "code" or "markdown", and its text."""
    parts = re.split(r"^# %%(.*)\n", script, flags=re.MULTILINE)
    found = []
    for mark, text in zip(parts[1::2], parts[2::2], strict=True):
        kind = "markdown" if "[markdown]" in mark else "code"
        if kind == "markdown":
            text = re.sub(r"^# ?", "", text, flags=re.MULTILINE)
        found.append((kind, text.strip("\n")))
    return found


def notebook(script: Path) -> NotebookNode:
    """The notebook of a script, without outputs; the identifiers of its cells are their numbers."""
    made = nbformat.v4.new_notebook()
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    new = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
    made.cells = [
        new[kind](text, id=str(number))
        for number, (kind, text) in enumerate(cells(script.read_text(encoding="utf-8")))
    ]
    return made


def executed(script: Path) -> NotebookNode:
    """The notebook of a script with its outputs.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails.
    """
    made = notebook(script)
    setting = nbformat.v4.new_code_cell(BEFORE)
    made.cells.insert(0, setting)
    with TemporaryDirectory() as folder:
        NotebookClient(made, timeout=SECONDS, resources={"metadata": {"path": folder}}).execute()
    made.cells.remove(setting)
    for cell in made.cells:
        cell.metadata.clear()  # times of the execution
    return made


def main(*names: str) -> None:
    """Write the notebooks with these names, or all."""
    for script in SCRIPTS:
        if not names or script.stem in names:
            nbformat.write(executed(script), script.with_suffix(".ipynb"))
            print(f"wrote {script.with_suffix('.ipynb').name}")


if __name__ == "__main__":
    main(*sys.argv[1:])
