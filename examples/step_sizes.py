"""Constant against decaying steps on real data: the same sample indices, three schedules."""

import ratebound as rb

problem = rb.problems.load("breast_cancer")
schedules = {
    "1/(4 L_max)": "1/(4*L_max)",
    "1/(40 L_max)": "1/(40*L_max)",
    "1/(4 L_max sqrt(k+1))": "1/(4*L_max*sqrt(k + 1))",
}
checkpoints = [0, 10, 100, 1000, 3000]
runs = {
    name: rb.simulate(problem, "sgd", step, steps=3000, replicas=64, seed=1, checkpoints=checkpoints)
    for name, step in schedules.items()
}

print(f"mean f(x_k) - f* over 64 replicas, {problem.title}")
print("k".rjust(6), *(name.rjust(22) for name in runs))
for k in checkpoints:
    means = (run["gap_last"].sel(checkpoint=k).mean().item() for run in runs.values())
    print(str(k).rjust(6), *(f"{mean:.4e}".rjust(22) for mean in means))
