"""The same network, loss and Adam in JAX: an epoch is one compiled scan over its batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from benchmarks.speed.problem import BETAS, EPSILON, LEARNING_RATE, Problem

Weights = Any  # a list of (weight, bias), or of anything shaped like it


class State(NamedTuple):
    """Weights, the moving means of their gradients and of their squares, and the steps taken."""

    weights: Weights
    means: Weights
    squares: Weights
    steps: jax.Array


def first_state(problem: Problem) -> State:
    """The first weights of the problem, before any step."""
    weights = [(jnp.asarray(weight), jnp.asarray(bias)) for weight, bias in problem.weights]
    zeros = jax.tree.map(jnp.zeros_like, weights)
    return State(weights, zeros, zeros, jnp.zeros((), jnp.int32))


def compile_epoch(problem: Problem) -> Callable[[State, jax.Array], tuple[State, jax.Array]]:
    """From a state and a key, which decides the order of rows, to the next state and the mean loss."""
    X, y = jnp.asarray(problem.X), jnp.asarray(problem.y)
    size = problem.setting.batch_size

    def epoch(state: State, key: jax.Array, X: jax.Array, y: jax.Array) -> tuple[State, jax.Array]:
        order = jax.random.permutation(key, len(X)).reshape(-1, size)
        state, losses = jax.lax.scan(lambda state, index: step(state, X[index], y[index]), state, order)
        return state, losses.mean()

    compiled = jax.jit(epoch).lower(first_state(problem), jax.random.key(0), X, y).compile()
    return lambda state, key: compiled(state, key, X, y)


def step(state: State, X: jax.Array, y: jax.Array) -> tuple[State, jax.Array]:
    """One step of Adam (Kingma & Ba 2015, arXiv:1412.6980); the loss before it."""
    loss, gradients = jax.value_and_grad(batch_loss)(state.weights, X, y)
    steps = state.steps + 1
    means = jax.tree.map(lambda m, g: BETAS[0] * m + (1 - BETAS[0]) * g, state.means, gradients)
    squares = jax.tree.map(lambda s, g: BETAS[1] * s + (1 - BETAS[1]) * g * g, state.squares, gradients)
    first, second = (1 - beta**steps for beta in BETAS)
    weights = jax.tree.map(
        lambda w, m, s: w - LEARNING_RATE * (m / first) / (jnp.sqrt(s / second) + EPSILON),
        state.weights,
        means,
        squares,
    )
    return State(weights, means, squares, steps), loss


def batch_loss(weights: Weights, X: jax.Array, y: jax.Array) -> jax.Array:
    """Cross-entropy of the logits."""
    *hidden, (weight, bias) = weights
    for hidden_weight, hidden_bias in hidden:
        X = jax.nn.relu(X @ hidden_weight + hidden_bias)
    logits = (X @ weight + bias)[:, 0]
    return jnp.mean(jax.nn.softplus(logits) - y * logits)
