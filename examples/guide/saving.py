"""A model as one file: what is in it, that nothing is lost, and that a damaged one is refused."""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from chances import table
from flats import make_flats
from netable import NetRegressor, UserError
from picture import BLUE, GREEN, ORANGE, PURPLE, picture


def parts(file: Path) -> dict[str, int]:
    """Bytes of the header, of the weights, of the rest of the tensors, and of the checksum."""
    content = file.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    sizes = {
        name: about["data_offsets"][1] - about["data_offsets"][0]
        for name, about in header.items()
        if name != "__metadata__"
    }
    weights = sum(size for name, size in sizes.items() if name.startswith("net."))
    described = sizes["about"]
    other = sum(sizes.values()) - weights - described
    return {"header (JSON)": 8 + length, "networks": weights, "settings, figures (JSON)": described, "other": other}


def main(path: Path = Path(__file__).with_suffix(".svg")) -> None:
    """Save, load, compare, damage; print what happens and draw the file to scale."""
    flats = make_flats(200, seed=1)
    net = NetRegressor(model="mlp", embedding="none", hidden_layer_sizes=(16,), folds=4, max_epochs=20)
    net.fit(table(flats), flats["rent"])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.netable"
        net.save(file)
        loaded = NetRegressor.load(file)
        same = np.array_equal(net.predict(table(flats)), loaded.predict(table(flats)))
        print(f"the same predictions after loading, to the last bit: {'yes' if same else 'no'}")
        found = parts(file)
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1  # one bit
        file.write_bytes(content)
        try:
            NetRegressor.load(file)
        except UserError as refusal:
            print(str(refusal).replace(str(file), file.name))
    with picture(path, 8, 1.5) as axes:
        start = 0
        for (name, size), color in zip(found.items(), (GREEN, BLUE, ORANGE, PURPLE), strict=True):
            axes.barh(0, size / 1024, left=start / 1024, color=color, label=name)
            start += size
        axes.set(xlabel="KiB", yticks=[])
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
