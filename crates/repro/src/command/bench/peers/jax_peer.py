"""JAX's side of `bench engine`: the same computations as PyTorch's, each compiled once with `jit`, in f32.

Dense products of weights times masks at the highest precision; the exact meta-gradient is `grad` through the inner
loop, accumulated task by task. Compilation is not timed.
"""

import os
import sys

if hasattr(os, "sched_setaffinity"):  # XLA starts as many threads as it may use cores
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[1])])

import jax
import jax.numpy as jnp
import numpy as np

from protocol import read, serve

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_default_matmul_precision", "highest")

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def zip_map(function, *lists):
    return [function(*items) for items in zip(*lists)]


class Case:
    def __init__(self, request):
        widths, folder, n = request["widths"], request["folder"], request["n"]
        array = lambda name, shape: jnp.array(np.frombuffer(read(f"{folder}/{name}"), np.float32).reshape(shape))
        layers, w0 = len(widths) - 1, request["w0"]
        params, masks = [], []
        for l in range(layers):
            shape = (widths[l + 1], widths[l])
            params += [array(f"w{l}", shape), array(f"b{l}", shape[:1])]
            masks.append(array(f"m{l}", shape) if request["masked"] else None)
        coords = array("coords", (n, widths[0]))
        targets = jnp.stack([array(f"y{t}", (n, widths[-1])) for t in range(request["tasks"])])
        inner_steps, inner_lr, fit_lr = request["inner_steps"], request["inner_lr"], request["fit_lr"]

        def loss(params, coords, target):
            h = coords
            for l in range(layers):
                weight = params[2 * l] if masks[l] is None else params[2 * l] * masks[l]
                h = h @ weight.T + params[2 * l + 1]
                if l + 1 < layers:
                    h = jnp.sin(w0 * h)
            return ((h - target) ** 2).mean()

        def outer_loss(params, coords, target):
            adapted = params
            for _ in range(inner_steps):
                grads = jax.grad(loss)(adapted, coords, target)
                adapted = zip_map(lambda p, g: p - inner_lr * g, adapted, grads)
            return loss(adapted, coords, target)

        def gradient(state, coords, targets):
            value, grads = jax.value_and_grad(loss)(state[0], coords, targets[0])
            return state, value, grads

        def adam(state, coords, targets):
            params, mean, square, step = state
            value, grads = jax.value_and_grad(loss)(params, coords, targets[0])
            step = step + 1
            mean = zip_map(lambda m, g: BETA1 * m + (1 - BETA1) * g, mean, grads)
            square = zip_map(lambda s, g: BETA2 * s + (1 - BETA2) * g * g, square, grads)
            rate, root = fit_lr / (1 - BETA1**step), jnp.sqrt(1 - BETA2**step)
            params = zip_map(lambda p, m, s: p - rate * m / (jnp.sqrt(s) / root + EPSILON), params, mean, square)
            return (params, mean, square, step), value, grads

        def maml(state, coords, targets):
            def task(sums, target):
                value, grads = jax.value_and_grad(outer_loss)(state[0], coords, target)
                share = lambda a, b: a + b / len(targets)
                return (share(sums[0], value), zip_map(share, sums[1], grads)), None

            zeros = (jnp.float32(0.0), zip_map(jnp.zeros_like, params))
            (value, grads), _ = jax.lax.scan(task, zeros, targets)
            return state, value, grads

        zeros = zip_map(jnp.zeros_like, params)
        self.state = (params, zeros, zeros, jnp.float32(0.0))
        self.step = jax.jit({"gradient": gradient, "adam": adam, "maml": maml}[request["what"]])
        self.coords, self.targets = coords, targets

    def call(self):
        self.state, value, grads = jax.block_until_ready(self.step(self.state, self.coords, self.targets))
        return float(value), grads

    def answer(self):
        loss, grads = self.call()
        return loss, float(jnp.sqrt(sum((g**2).sum() for g in grads)))


if __name__ == "__main__":
    serve(f"JAX {jax.__version__}", Case)
