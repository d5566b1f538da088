"""Hypervolumes by pymoo, and expected improvements of them by quasi-Monte Carlo.

Larger is better in each objective; pymoo minimises, so everything is negated for it. An expected improvement is the
mean of the improvement over normal values of each objective, over 16 scrambled Sobol sequences of 2^16 points each; the
standard error is that between the sequences.
"""

import json

import numpy as np
from pymoo.indicators.hv import HV
from scipy.stats import norm, qmc

rng = np.random.default_rng(20240)


def hypervolume(front, reference):
    front = np.asarray(front)
    above = front[(front > reference).all(axis=1)]
    if len(above) == 0:
        return 0.0
    return float(HV(ref_point=-np.asarray(reference))(-above))


def improvements(front, reference, values):
    """How much each row of `values` adds: the part of its box that no box of the front covers, by recursion."""
    front = [f for f in front if (f > reference).all()]
    gains = np.clip(values - reference, 0, None).prod(axis=1)

    def covered(points, values):
        # The volume that the boxes of `points` cover within the box of each value.
        total = np.zeros(len(values))
        for i, point in enumerate(points):
            own = np.clip(np.minimum(point, values) - reference, 0, None)
            later = [np.minimum(point, q) for q in points[i + 1 :]]
            keep = [q for j, q in enumerate(later) if not any((r >= q).all() and (k < j or (r != q).any()) for k, r in enumerate(later) if k != j)]
            total += own.prod(axis=1) - (covered(keep, values) if keep else 0.0)
        return total

    return gains - covered(front, values)


volumes, expected = [], []
for objectives in range(2, 6):
    for count in (1, 5, 20):
        front = rng.uniform(-0.1, 1.0, (count, objectives))
        reference = np.zeros(objectives)
        volumes.append(
            {"front": front.tolist(), "reference": reference.tolist(), "volume": hypervolume(front, reference)}
        )

for objectives in range(2, 5):
    for case in range(4):
        front = np.abs(rng.normal(size=(6, objectives)))
        front /= np.linalg.norm(front, axis=1, keepdims=True)
        reference = np.zeros(objectives)
        means = rng.uniform(0.2, 1.0, objectives)
        deviations = rng.uniform(0.1, 0.6, objectives)
        parts = []
        for seed in range(16):
            units = qmc.Sobol(objectives, seed=1000 * objectives + 100 * case + seed).random_base2(16)
            values = means + deviations * norm.ppf(units)
            parts.append(improvements(front, reference, values).mean())
        # The recursion agrees with pymoo.
        check = improvements(front, reference, means[None])[0]
        by_pymoo = hypervolume(np.vstack([front, means]), reference) - hypervolume(front, reference)
        assert abs(check - by_pymoo) < 1e-12
        expected.append(
            {
                "front": front.tolist(),
                "reference": reference.tolist(),
                "means": means.tolist(),
                "deviations": deviations.tolist(),
                "improvement": float(np.mean(parts)),
                "error": float(np.std(parts) / 4),
            }
        )

with open("hypervolume.json", "w") as out:
    json.dump({"volumes": volumes, "expected": expected}, out)
