"""PyTorch, eager: one tensor over replicas and step sizes, one loop over steps, float64."""

import torch
from workloads import Stopwatch

torch.set_default_dtype(torch.float64)


class Prepared:
    def __init__(self, workload):
        A, y, alphas, _ = workload.data
        self.workload = workload
        self.A, self.y = torch.from_numpy(A), torch.from_numpy(y)
        self.alphas = torch.from_numpy(alphas)[:, None, None]
        # Eager steps cost the same from first to last.
        self.share = 0.1 if workload.batch else 1.0
        self.run()

    def slope(self, z, y):
        return z - y if self.workload.loss == "squared" else -y * torch.sigmoid(-y * z)

    def run(self):
        w = self.workload
        watch = Stopwatch()
        x = torch.zeros((w.step_sizes, w.replicas, w.d))
        with torch.no_grad():
            for _ in range(int(w.steps * self.share)):
                if w.batch:
                    index = torch.randint(w.n, (w.replicas, w.batch))
                    rows = self.A[index]
                    s = self.slope(torch.einsum("srd,rbd->srb", x, rows), self.y[index])
                    g = torch.einsum("srb,rbd->srd", s, rows) / w.batch
                else:
                    g = self.slope(x @ self.A.T, self.y) @ self.A / w.n
                x = x - self.alphas * (g + w.l2 * x)
        return watch.read("steps")


def prepare(engine, workload):
    return Prepared(workload) if workload.density == 1 else None
