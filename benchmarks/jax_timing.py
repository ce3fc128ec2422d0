"""What the JAX engines share: the fastest of several forms is kept, and then timed."""

import time

import jax
from workloads import Stopwatch


class Timed:
    """Replicas over devices; subclasses call :meth:`settle` when their functions are ready."""

    share = 1.0

    def settle(self, forms, gaps, replicas, devices):
        """Compile everything and keep the fastest form.

        `forms` map keys to the iterates at all checkpoints, `gaps` maps those to f - f* up to a constant.
        """
        keys = jax.random.split(jax.random.key(0), replicas)
        self.keys = keys.reshape(devices, -1) if devices > 1 else keys
        wrap = jax.pmap if devices > 1 else jax.jit
        best = None
        for form in forms:
            candidate = wrap(form)
            candidate(self.keys).block_until_ready()
            begun = time.perf_counter()
            candidate(self.keys).block_until_ready()
            took = time.perf_counter() - begun
            if best is None or took < best:
                best, self.steps = took, candidate
        self.gaps = wrap(gaps)
        self.gaps(self.steps(self.keys)).block_until_ready()

    def run(self):
        watch = Stopwatch()
        X = self.steps(self.keys)
        X.block_until_ready()
        steps = watch.read("steps")
        self.gaps(X).block_until_ready()
        return steps | watch.read("total")
