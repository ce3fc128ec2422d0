"""A common mistake, caught: SGD with a constant step does not converge; the noise term matters."""

import dataclasses

import ratebound as rb
from ratebound.theory.symbols import D, alpha, k, mu

problem = rb.problems.load("diabetes_ridge")
theorem = rb.theorems["sgd_sc_constant"]
mistake = dataclasses.replace(
    theorem, id="without_noise_term", bound=(1 - 2 * alpha * mu) ** k * D**2, certificate=None
)

for statement in (theorem, mistake):
    verdict = rb.verify(statement, problem, steps=20_000, replicas=0)
    print(verdict.explain(), end="\n\n")

try:
    dataclasses.replace(mistake, certificate=theorem.certificate)
except rb.RateboundError as error:
    print("And the proof of the theorem does not prove the mistake:")
    print(error)
