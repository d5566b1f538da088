"""Hypervolumes by pymoo, and expected improvements of them by quasi-Monte Carlo.

Larger is better in each objective; pymoo minimises, so everything is negated for it. An expected improvement is the
mean of the improvement over normal values of each objective, over 16 scrambled Sobol sequences of 2^16 points each; the
standard error is that between the sequences. Where few values improve, far below a front, it is worked out to 60 digits
instead: the plane is cut into cells at every value of the front, and those that no row covers are added up.
"""

import itertools
import json

import numpy as np
from mpmath import mp, mpf, ncdf, npdf
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

mp.dps = 60


def exactly(front, reference, means, deviations):
    """ln of the expected improvement, and its derivatives by each mean and deviation, from all cells of the grid."""
    levels = [sorted({r, *(row[k] for row in front if (row > reference).all())}) for k, r in enumerate(reference)]
    # For each objective E max(y - level, 0) with its derivatives; nothing exceeds infinity.
    over = []
    for level, mean, sd in zip(levels, means, deviations):
        mean, sd, parts = mpf(mean), mpf(sd), []
        for at in level:
            u = (mean - mpf(at)) / sd
            # Far below, h is a difference of nearly equal numbers.
            mp.dps = 60 + 2 * (int(abs(u)).bit_length() if u < 0 else 0)
            parts.append((sd * (npdf(u) + u * ncdf(u)), ncdf(u), npdf(u)))
            mp.dps = 60
        over.append([*parts, (mpf(0),) * 3])
    objectives = range(len(means))
    total, slopes = mpf(0), [[mpf(0), mpf(0)] for _ in objectives]
    for cell in itertools.product(*(range(len(level)) for level in levels)):
        low = [levels[k][i] for k, i in enumerate(cell)]
        if any(all(row[k] > low[k] for k in objectives) for row in front if (row > reference).all()):
            continue
        sides = [[low - high for low, high in zip(over[k][i], over[k][i + 1])] for k, i in enumerate(cell)]
        total += mp.fprod(side[0] for side in sides)
        for k in objectives:
            others = mp.fprod(side[0] for j, side in enumerate(sides) if j != k)
            for which in (0, 1):
                slopes[k][which] += others * sides[k][1 + which]
    return float(mp.log(total)), [[float(slope / total) for slope in pair] for pair in slopes]


def case(front, means, deviations, reference=None):
    reference = reference or [0.0] * len(means)
    value, slopes = exactly(np.array(front), np.array(reference), means, deviations)
    return dict(front=front, reference=reference, means=means, deviations=deviations, value=value, slopes=slopes)


exact = []
for found in expected:
    for shift, scale in [(0.0, 1.0), (1.0, 0.01), (-1.0, 0.5), (-3.0, 0.1), (-30.0, 0.1), (-300.0, 0.1)]:
        means = [m + shift for m in found["means"]]
        deviations = [s * scale for s in found["deviations"]]
        exact.append(case(found["front"], means, deviations))
        if shift == 0.0:
            assert abs(np.exp(exact[-1]["value"]) - found["improvement"]) < 6 * found["error"]
# Rows so close in the objective that is far from its reference that both ends of a side count.
for gap in (1e-2, 1e-3, 1e-4):
    front = [[1.0 - gap / 2, 5.0], *([1.0 + gap * i, 1.0 - gap * i] for i in range(4))]
    exact.append(case(front, [-1.0, -0.8], [0.03, 0.04], [0.0, 1.0 - 5 * gap]))
    front = [[*row, 6.0 if i == 0 else 1.0 + gap * (i % 2)] for i, row in enumerate(front)]
    exact.append(case(front, [-1.0, -0.8, -0.5], [0.03, 0.04, 0.02], [0.0, 1.0 - 5 * gap, 1.0 - gap]))

with open(__file__.replace(".py", ".json"), "w") as out:
    json.dump({"volumes": volumes, "expected": expected, "exact": exact}, out)
