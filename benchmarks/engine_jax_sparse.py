"""JAX on sparse data, tuned: rows padded to the longest and gathered, one flat scatter for all replicas.

Two forms are tried and the faster is kept: with the regulariser on every feature in every step, and with the
iterate held as a number times a vector, so that a step touches the columns of the sampled rows alone, as
ratebound's kernels do.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax_timing import Timed
from workloads import CHECKPOINTS


def padded(A):
    """Return columns and entries of the rows, shape (n, longest); surplus entries are zero."""
    lengths = np.diff(A.indptr)
    inside = np.arange(lengths.max()) < lengths[:, None]
    columns, entries = np.zeros(inside.shape, np.int32), np.zeros(inside.shape)
    columns[inside], entries[inside] = A.indices, A.data
    return jnp.asarray(columns), jnp.asarray(entries)


class Prepared(Timed):
    def __init__(self, workload, devices):
        A, y, alphas, _ = workload.data
        columns, entries = padded(A)
        y, alpha = jnp.asarray(y), float(alphas[0])
        n, d, l2 = workload.n, workload.d, workload.l2
        intervals = CHECKPOINTS
        inner = workload.steps // intervals

        def steps(keys, lazily):
            count = keys.shape[0]
            offsets = d * jnp.arange(count, dtype=jnp.int32)[:, None]

            def step(carry, index):
                scale, v = carry
                at = columns[index] + offsets
                rows = entries[index]
                z = scale * (v.at[at].get(mode="promise_in_bounds") * rows).sum(-1)
                s = -y[index] * jax.nn.sigmoid(-y[index] * z)
                if lazily:
                    scale = scale * (1 - alpha * l2)
                else:
                    v = v * (1 - alpha * l2)
                moves = -alpha / scale * s[:, None] * rows
                return (scale, v.at[at].add(moves, mode="promise_in_bounds")), None

            def interval(x, chosen):
                (scale, v), _ = jax.lax.scan(step, (1.0, x), chosen)
                return scale * v, scale * v

            draw = jax.vmap(lambda key: jax.random.randint(key, (intervals, inner), 0, n), out_axes=-1)
            kept = jax.lax.scan(interval, jnp.zeros(count * d), draw(keys))[1]
            return kept.reshape(intervals, count, d)

        def gaps(X):
            # A column of the padded rows at a time: the replicas then lie beside each other in memory.
            def at_checkpoint(points):
                turned = points.T

                def add(z, part):
                    return z + part[1][:, None] * turned[part[0]], None

                z, _ = jax.lax.scan(add, jnp.zeros((n, points.shape[0])), (columns.T, entries.T))
                return jax.nn.softplus(-y[:, None] * z).mean(0) + l2 / 2 * (points * points).sum(-1)

            return jax.lax.map(at_checkpoint, X)

        forms = [partial(steps, lazily=lazily) for lazily in (False, True)]
        self.settle(forms, gaps, workload.replicas, devices)
