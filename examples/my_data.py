"""Which theorems speak about my data, and how close do their bounds come?"""

from sklearn.datasets import load_wine

import ratebound as rb

features, cultivar = load_wine(return_X_y=True)
problem = rb.problems.logistic(features, cultivar == 0, l2=0.1, standardise=True, name="wine, cultivar 0")
print(f"{problem.name}: n = {problem.n}, d = {problem.d}, {problem.preprocessing}\n")

for name in ("gd_pl", "gd_convex", "gd_sc_distance", "sgd_star_constant", "sgd_sc_constant"):
    verdict = rb.verify(name, problem, steps=300, replicas=128, seed=0)
    print(verdict.explain(), end="\n\n")
