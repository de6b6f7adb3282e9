# %% [markdown]
# # Deploying a model
#
# A model can leave Python and netable: as an ONNX file, as C, or as plain PyTorch. Each export is compared
# with the model, row by row, before it is written. [Deployment](https://netable.github.io/netable/deploy/)
# has the details; this notebook needs `pip install 'netable[export]'`.

# %%
import json
from pathlib import Path

import numpy as np
import onnxruntime
from sklearn.datasets import load_breast_cancer

import netable
from netable import NetClassifier

data = load_breast_cancer(as_frame=True)
columns = ["mean radius", "mean texture", "mean smoothness", "worst area"]
X = data.data[columns].rename(columns=lambda name: name.replace(" ", "_"))
y = data.target.map({0: "malignant", 1: "benign"}).rename("diagnosis")
net = NetClassifier(effort="fast", max_epochs=10).fit(X, y)
net.save("tumours.netable", overwrite=True)

# %% [markdown]
# ## The model file
#
# The file holds numbers and JSON, and no code. A damaged file is refused.

# %%
model = netable.load("tumours.netable")
model.predict(X[:3]), model.predict_proba(X[:3])[:, 1].round(3)

# %%
damaged = bytearray(Path("tumours.netable").read_bytes())
damaged[-100] ^= 1
Path("damaged.netable").write_bytes(damaged)
try:
    netable.load("damaged.netable")
except netable.UserError as error:
    print(error)

# %% [markdown]
# ## ONNX
#
# The file takes raw columns, also with gaps. Any runtime of ONNX computes it, without netable and PyTorch.

# %%
proof = net.export("tumours.onnx", overwrite=True)
proof

# %%
session = onnxruntime.InferenceSession("tumours.onnx")
for each in session.get_inputs():
    print(each.name, each.type, each.shape)
asked = {each.name: X[[each.name]].to_numpy(np.float64)[:3] for each in session.get_inputs()}
session.run(None, asked)

# %% [markdown]
# ## C
#
# One file that needs a compiler and nothing else.

# %%
net.export("tumours.c", "c", overwrite=True)
print(*Path("tumours.c").read_text().splitlines()[:12], sep="\n")

# %% [markdown]
# ## A service
#
# In a terminal, with `pip install 'netable[serve]'`:
#
# ```sh
# netable serve tumours.netable
# curl -s localhost:8000/predict -H 'Content-Type: application/json' -d @rows.json
# ```
#
# where `rows.json` holds:

# %%
print(json.dumps({"rows": X[:2].to_dict("records")}, indent=1))
