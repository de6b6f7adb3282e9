# %% [markdown]
# # From a table to a trusted model
#
# A table of flats is simulated here, so that we know the rule behind the rents, and how good a model could
# be. The [guide](https://netable.github.io/netable/guide/) explains each step.

# %%
import numpy as np
import pandas as pd

import netable
from netable import NetRegressor


def make_flats(rows, seed):
    rng = np.random.default_rng(seed)
    city = rng.choice(["Seoul", "Busan", "Jeju"], rows, p=[0.5, 0.3, 0.2])
    area = np.round(rng.gamma(9, 7, rows) + 14, 1)
    station = rng.integers(1, 26, rows)
    base = pd.Series(city).map({"Seoul": 950, "Busan": 640, "Jeju": 700}).to_numpy()
    rent = base * (area / 60) ** 0.85 * np.exp(-0.012 * station + rng.normal(0, 0.08, rows))
    built = np.where(rng.random(rows) < 0.1, np.nan, rng.integers(1975, 2026, rows))
    return pd.DataFrame(
        {"city": city, "area": area, "station": station, "built": built, "rent": rent.round()}
    )


flats, new = make_flats(600, seed=1), make_flats(200, seed=2)
X, y = flats.drop(columns="rent"), flats["rent"]
flats.head()

# %% [markdown]
# ## Train
#
# Nothing has to be encoded, scaled or filled in. `verbose=1` shows the losses while the networks train, and
# `effort="fast"` is for a first look.

# %%
net = NetRegressor(effort="fast", max_epochs=40, verbose=1).fit(X, y)

# %% [markdown]
# ## How good is it?
#
# Each row is predicted by networks that have not seen it, and every metric stands beside that of a
# constant.

# %%
net

# %% [markdown]
# Losses on held-out rows that rise while those on training rows fall would mean overfitting.

# %%
ax = net.history_.plot()

# %% [markdown]
# ## Too good?
#
# Someone adds the agent's fee, which is computed from the rent. The error falls to almost nothing. The
# doctor says why that is no reason to be glad.

# %%
leaky = NetRegressor(effort="fast", max_epochs=5).fit(X.assign(fee=(y * 0.4).round(-1)), y)
print(leaky.results_["valid"])
leaky.diagnose()

# %% [markdown]
# ## What does it go by?
#
# Shuffle a column, and measure how much worse the predictions become.

# %%
explanation = net.explain()
ax = explanation.plot()

# %%
ax = explanation.plot("area")

# %% [markdown]
# What each column adds to the prediction for one flat:

# %%
ax = explanation.contributions([0]).plot()

# %% [markdown]
# ## Is a network needed?

# %%
comparison = netable.compare(
    flats,
    "rent",
    methods=["constant", "linear", "mlp"],
    outer_folds=3,
    settings={"effort": "fast", "max_epochs": 20},
)
ax = comparison.plot()

# %%
comparison

# %% [markdown]
# ## New flats
#
# How far may a rent lie from its prediction? Intervals come from errors on held-out rows. Of new flats,
# about nine in ten should lie inside.

# %%
lower, upper = net.predict_interval(new.drop(columns="rent"), coverage=0.9)
print(f"{((lower <= new['rent']) & (new['rent'] <= upper)).mean():.0%} of 200 new rents are inside")

# %% [markdown]
# A flat unlike all others gets a prediction, too. The guard says that it should be doubted.

# %%
odd = pd.DataFrame({"city": ["Atlantis"], "area": [900.0], "station": [5], "built": [2020.0]})
guard = net.model_.guard(odd)
print(guard.reasons[0])

# %% [markdown]
# ## Save
#
# One file without pickle, which the terminal reads as well: `netable predict flats.netable new.csv`.

# %%
net.save("flats.netable", overwrite=True)
netable.load("flats.netable").predict(new[:3])
