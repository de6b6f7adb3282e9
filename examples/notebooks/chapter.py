# %% [markdown]
# # Neural networks, from the neuron to the estimator
#
# [한국어](chapter.ko.ipynb)
#
# A short course in cells that run in a few seconds. [The guide](https://netable.github.io/netable/guide/)
# says more about each idea, and [examples/chapter](../chapter) has longer versions with figures of a
# textbook.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from torch import nn

from netable import NetClassifier
from netable.nn import ACTIVATIONS, MLP, LogisticRegression, NeuralNetwork
from netable.train import Batches, make_optimizer, train, train_epoch

torch.set_num_threads(1)

# %% [markdown]
# ## Step or sigmoid
#
# A neuron multiplies its inputs by weights, adds a bias, and sends the sum through an activation. The step
# function was the first one. Its slope is 0 wherever it has one, so no weight can be learned by it. The
# sigmoid is smooth, and its slope is at most 0.25.

# %%
x = torch.linspace(-6, 6, 601, requires_grad=True)


def curve(name):
    y = ACTIVATIONS[name]()(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    return y.detach(), slope


sigmoid, slope = curve("sigmoid")
plt.plot(x.detach(), x.detach() > 0, "k:", label="step")
plt.plot(x.detach(), sigmoid, label="sigmoid")
plt.plot(x.detach(), slope, "--", label="its slope")
plt.legend()
print(f"steepest slope of the sigmoid: {slope.max():.2f}")

# %% [markdown]
# ## Activations
#
# ReLU *is* 0 for negative inputs and the input itself for positive ones; its *slope* is 0 or 1. A leaky
# ReLU keeps a slope of 0.01 below zero, so that a unit which is off can still learn.

# %%
print("              at -2    slope     at 2    slope")
for name in ("sigmoid", "tanh", "relu", "leaky_relu"):
    value, slope = curve(name)
    below, above = int((x + 2).abs().argmin()), int((x - 2).abs().argmin())
    print(f"{name:11} {value[below]:8.3f} {slope[below]:8.3f} {value[above]:8.3f} {slope[above]:8.3f}")

# %% [markdown]
# ## Back-propagation
#
# The chain rule gives the slope of the loss with respect to each weight, from the output back to the input.
# By hand for one hidden layer, and by PyTorch:

# %%
torch.manual_seed(0)
net = NeuralNetwork(3).double()
rows, target = torch.randn(8, 3).double(), torch.randint(0, 2, (8, 1)).double()
nn.functional.binary_cross_entropy(net(rows), target).backward()

with torch.no_grad():
    first, _, second, _ = net
    hidden = first(rows).clamp(min=0)
    d_output = (net(rows) - target) / len(rows)  # through the cross-entropy and the sigmoid
    d_hidden = d_output @ second.weight * (hidden > 0)  # through the weights and the ReLU
    by_hand = d_hidden.T @ rows

print(f"largest difference: {(by_hand - first.weight.grad).abs().max():.0e}")

# %% [markdown]
# ## Vanishing gradients
#
# Each layer multiplies the gradient by the slope of its activation. Ten sigmoids leave almost nothing of
# it, ten ReLUs almost all.

# %%
data = load_breast_cancer()
X_train, X_test, y_train, y_test = train_test_split(data.data, data.target, random_state=0)
mean, std = X_train.mean(0), X_train.std(0)
inputs = torch.tensor((X_train - mean) / std, dtype=torch.float32)
labels = torch.tensor(y_train, dtype=torch.float32).unsqueeze(1)

for activation in ("sigmoid", "relu"):
    generator = torch.Generator().manual_seed(0)
    deep = MLP(30, 1, hidden_layer_sizes=(32,) * 10, activation=activation, generator=generator)
    adam = torch.optim.Adam(deep.parameters(), lr=0.001)
    batches = Batches(inputs, labels, batch_size=64, generator=generator)
    history = train(deep, nn.BCEWithLogitsLoss(), adam, batches, max_epochs=3)
    norms = list(history.readings[-1].gradient_norms.values())[:10]
    plt.semilogy(range(1, 11), norms, "o-", label=activation)
plt.xlabel("hidden layer")
plt.ylabel("gradient")
legend = plt.legend()
# %% [markdown]
# ## Optimizers
#
# A valley that is steep across and flat along: plain gradient descent needs small steps. RMSProp divides
# each gradient by its recent size, so a *large* gradient gets a *smaller* learning rate; Adam also adds
# momentum.

# %%
for name, lr in {"sgd": 0.018, "momentum": 0.018, "rmsprop": 0.02, "adam": 0.1}.items():
    weight = nn.Parameter(torch.ones(2))
    optimizer = make_optimizer(name, [("weight", weight)], lr=lr)
    losses = []
    for _ in range(100):
        loss = (torch.tensor([100.0, 1.0]) * weight.square()).sum() / 2
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    plt.semilogy(losses, label=name)
plt.xlabel("step")
plt.ylabel("loss")
legend = plt.legend()

# %% [markdown]
# ## Two models
#
# Logistic regression is a network without a hidden layer. Both models get rows that they have not learned
# from, which were standardized by the mean and the deviation of the *training* rows.

# %%
held_out = torch.tensor((X_test - mean) / std, dtype=torch.float32)
for model in (LogisticRegression(30), NeuralNetwork(30)):
    torch.manual_seed(0)
    sgd = make_optimizer("sgd", model.named_parameters(), lr=0.1)
    batches = Batches(inputs, labels, batch_size=64)
    losses = [train_epoch(model, nn.BCELoss(), sgd, batches) for _ in range(50)]
    with torch.no_grad():
        right = ((model(held_out)[:, 0] >= 0.5).numpy() == y_test).mean()
    plt.plot(losses, label=f"{type(model).__name__}: {right:.1%} of held-out rows right")
plt.xlabel("epoch")
plt.ylabel("loss")
legend = plt.legend()
# %% [markdown]
# ## The estimator
#
# `NetClassifier` does the same with several networks, each without one fold of the rows. So every row is
# judged by a network that has not seen it, and the metrics come with those of a constant.

# %%
classifier = NetClassifier(effort="fast", max_epochs=20, verbose=1).fit(X_train, y_train)
print(f"{classifier.score(X_test, y_test):.1%} of held-out rows right")
classifier.model_

# %%
classifier.save("chapter.netable", overwrite=True)
loaded = NetClassifier.load("chapter.netable")
print("the same predictions:", np.array_equal(loaded.predict_proba(X_test), classifier.predict_proba(X_test)))
