# %% [markdown]
# # 신경망, 뉴런부터 추정기까지
#
# [English](chapter.ipynb)
#
# 몇 초면 실행되는 셀로 이루어진 짧은 강의입니다. 개념마다 더 자세한 설명은
# [안내서](https://netable.github.io/netable/ko/guide/)에, 교과서의 수치와 비교한 긴 예제는
# [examples/chapter](../chapter)에 있습니다.

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
# ## 계단 함수와 시그모이드
#
# 뉴런은 입력에 가중치를 곱하고 절편을 더한 값을 활성화 함수에 넣습니다. 처음에는 계단 함수를 썼습니다.
# 그런데 계단 함수의 기울기는 정의되는 곳마다 0이라서 가중치를 학습할 수 없습니다. 시그모이드는 매끄럽고,
# 기울기는 0.25를 넘지 않습니다.

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
# ## 활성화 함수
#
# 렐루(ReLU)의 *함숫값*은 입력이 음수면 0이고 양수면 입력 그대로입니다. *기울기*는 0 아니면 1입니다. 리키
# 렐루(leaky ReLU)는 입력이 음수일 때도 기울기가 0.01이라서 꺼진 노드도 계속 학습할 수 있습니다.

# %%
print("              at -2    slope     at 2    slope")
for name in ("sigmoid", "tanh", "relu", "leaky_relu"):
    value, slope = curve(name)
    below, above = int((x + 2).abs().argmin()), int((x - 2).abs().argmin())
    print(f"{name:11} {value[below]:8.3f} {slope[below]:8.3f} {value[above]:8.3f} {slope[above]:8.3f}")

# %% [markdown]
# ## 역전파
#
# 연쇄 법칙을 쓰면 출력층에서 입력층 쪽으로 거슬러 올라가며 각 가중치에 대한 손실의 기울기를 구할 수
# 있습니다. 은닉층이 하나인 신경망에서 손으로 계산한 값과 파이토치가 계산한 값을 비교합니다.

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
# ## 기울기 소실
#
# 기울기는 층을 지날 때마다 활성화 함수의 기울기만큼 곱해집니다. 시그모이드 층을 열 개 지나면 거의 남지
# 않고, 렐루 층을 열 개 지나면 거의 그대로 남습니다.

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
# ## 옵티마이저
#
# 한 방향은 가파르고 다른 방향은 완만한 골짜기에서 기본 경사 하강법은 작은 걸음으로만 나아갈 수 있습니다.
# RMSProp은 기울기를 그 최근 크기로 나누므로, 기울기가 *클수록* 학습률은 *작아집니다*. Adam은 여기에
# 모멘텀을 더합니다.

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
# ## 두 가지 모델
#
# 로지스틱 회귀는 은닉층이 없는 신경망입니다. 두 모델 모두 학습에 쓰지 않은 행으로 평가합니다. 표준화에는
# *학습용* 행의 평균과 표준편차를 씁니다.

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
# ## 추정기
#
# `NetClassifier`는 같은 일을 여러 신경망으로 합니다. 신경망마다 한 폴드를 빼고 학습하므로, 모든 행을 그
# 행을 보지 않은 신경망이 평가합니다. 평가 지표 옆에는 상수 예측의 값이 함께 나옵니다.

# %%
classifier = NetClassifier(effort="fast", max_epochs=20, verbose=1).fit(X_train, y_train)
print(f"{classifier.score(X_test, y_test):.1%} of held-out rows right")
classifier.model_

# %%
classifier.save("chapter.netable", overwrite=True)
loaded = NetClassifier.load("chapter.netable")
print("the same predictions:", np.array_equal(loaded.predict_proba(X_test), classifier.predict_proba(X_test)))
