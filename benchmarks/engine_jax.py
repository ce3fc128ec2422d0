"""JAX, tuned: vmap over replicas and step sizes, scan over steps, indices drawn in bulk, float64.

"jax" uses one device, as scan does; "jax-pmap2" splits the replicas over two host devices. "jax-gpu" is "jax"
on a GPU.
"""

import os
import sys
from functools import partial

DEVICES = 2 if "jax-pmap2" in sys.argv else 1
if "jax-gpu" in sys.argv:
    # Engines share a card: three quarters of its memory are not taken in advance.
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
else:
    os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={DEVICES}"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from jax_timing import Timed  # noqa: E402
from workloads import CHECKPOINTS  # noqa: E402

jax.config.update("jax_enable_x64", True)


def slope(loss, z, y):
    return z - y if loss == "squared" else -y * jax.nn.sigmoid(-y * z)


class Prepared(Timed):
    def __init__(self, workload):
        A, y, alphas, _ = workload.data
        A, y, alphas = jnp.asarray(A), jnp.asarray(y), jnp.asarray(alphas)
        n, d, l2, loss, batch = workload.n, workload.d, workload.l2, workload.loss, workload.batch
        intervals = min(CHECKPOINTS, workload.steps)
        inner = workload.steps // intervals

        def stochastic(x, index):
            rows = A[index]

            def one(x, alpha):
                s = slope(loss, rows @ x, y[index])
                return x - alpha * (s @ rows / batch + l2 * x)

            return jax.vmap(one)(x, alphas), None

        def full(x, _):
            s = slope(loss, x @ A.T, y)
            return x - alphas[:, None] * (s @ A / n + l2 * x), None

        def replica(key, unroll):
            x = jnp.zeros((len(alphas), d))
            if batch:
                indices = jax.random.randint(key, (intervals, inner, batch), 0, n)
            else:
                indices = jnp.zeros((intervals, inner))

            def interval(x, chosen):
                x, _ = jax.lax.scan(stochastic if batch else full, x, chosen, unroll=unroll)
                return x, x

            return jax.lax.scan(interval, x, indices)[1]

        def steps(keys, unroll):
            return jax.vmap(partial(replica, unroll=unroll))(keys)

        if loss == "squared":
            # Far cheaper than the losses of all samples.
            x_star, root = jnp.linalg.lstsq(A, y)[0], jnp.linalg.qr(A / jnp.sqrt(n), mode="r")

        def gaps(X):
            if loss == "squared":
                return (((X - x_star) @ root.T) ** 2).sum(-1) / 2
            return jax.nn.softplus(-y * (X @ A.T)).mean(-1) + l2 / 2 * (X * X).sum(-1)

        forms = [partial(steps, unroll=unroll) for unroll in (1, 4)]
        self.settle(forms, gaps, workload.replicas, DEVICES)


def prepare(engine, workload):
    if engine == "jax-gpu" and jax.default_backend() != "gpu":
        raise ImportError("JAX sees no GPU")
    if engine == "jax-pmap2" and workload.replicas % 2:
        return None
    if workload.density < 1:
        from engine_jax_sparse import Prepared as Sparse

        return Sparse(workload, DEVICES)
    return Prepared(workload)
