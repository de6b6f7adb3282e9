"""A model file: its parts, loading without loss, and the refusal of a damaged file."""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from chances import table
from flats import make_flats
from netable import NetRegressor, UserError
from picture import BLUE, GREEN, ORANGE, PAPER, PURPLE, picture

PICTURE = Path(__file__).with_suffix(".svg")

# Not to scale.
PARTS = [
    ("length", "of the header", 1.6, PURPLE),
    ("header, JSON", "names, shapes, offsets", 2.6, GREEN),
    ("weights, scales", "numbers", 3.2, BLUE),
    ("about, JSON", "settings, columns, metrics", 3.2, ORANGE),
    ("checksum", "of all bytes", 1.9, PURPLE),
]


def main(path: Path = PICTURE) -> None:
    """Save, load, compare and damage a model; print the results and draw the parts of the file in order."""
    flats = make_flats(200, seed=1)
    net = NetRegressor(model="mlp", embedding="none", hidden_layer_sizes=(16,), folds=4, max_epochs=20)
    net.fit(table(flats), flats["rent"])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.netable"
        net.save(file)
        loaded = NetRegressor.load(file)
        same = np.array_equal(net.predict(table(flats)), loaded.predict(table(flats)))
        print(f"the same predictions after loading, to the last bit: {'yes' if same else 'no'}")
        damaged = bytearray(file.read_bytes())
        header = json.loads(damaged[8 : 8 + int.from_bytes(damaged[:8], "little")])
        first = header["net.stack.0.body.blocks.0.0.weight"]
        print(f"weights of the hidden layers, from the header: {first['dtype']}, {first['shape']}")
        damaged[len(damaged) // 2] ^= 1  # one bit
        file.write_bytes(damaged)
        try:
            NetRegressor.load(file)
        except UserError as refusal:
            print(str(refusal).replace(str(file), file.name))
    with picture(path, 8, 1.1) as axes:
        start = 0.0
        for name, content, width, color in PARTS:
            axes.barh(0, width, left=start, color=color, edgecolor=PAPER, alpha=0.3)
            axes.annotate(f"{name}\n{content}", (start + width / 2, 0), ha="center", va="center", fontsize=9)
            start += width
        axes.set(xlim=(0, start))
        axes.axis("off")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
