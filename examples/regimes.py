"""How far a theorem's range is from the truth: the exact stability threshold of SGD, batch by batch."""

import ratebound as rb
from ratebound.experiments.regimes.explore import explore

problem = rb.problems.load("diabetes")
regimes = explore(problem, "sgd", values=(1, 8, 64), steps=500, replicas=0)

print(f"mean-square stability threshold of SGD, {problem.title}")
for batch, threshold in zip(regimes.data["batch"].values, regimes.data["threshold"].values, strict=True):
    print(f"batch {batch:2d}: {threshold:.4f}")
print("threshold / largest step allowed, batch 1; price of the step of the least bound")
for line in regimes.theory:
    if not line.reason:
        print(f"{line.id:32s} {line.conservatism:10.3g} {line.price:8.3g}")
