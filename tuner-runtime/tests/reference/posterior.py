"""Posteriors of scikit-learn at fixed hyperparameters: python posterior.py

A category becomes one-hot columns scaled by 1/(sqrt(2) l), so that two different ones are 1/l apart. The mean and what is
left out are worked out here from scikit-learn's kernel, by refits.
"""
import json

import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

JITTER = 1e-8
rng = np.random.default_rng(3)
cases = []


def embed(rows, kinds, lengths, warps):
    columns = []
    for i, kind in enumerate(kinds):
        u = rows[:, i]
        if kind == "categorical":
            for label in range(-1, 4):
                columns.append((u == label) / (np.sqrt(2) * lengths[i]))
        else:
            if warps is not None and kind == "continuous":
                a, b = np.exp(warps[i])
                u = 1 - (1 - u**a) ** b
            columns.append(u / lengths[i])
    return np.column_stack(columns)


for n, kinds, warped, log_noise in [
    (1, ["continuous"], False, -4.0),
    (6, ["continuous"], False, -13.0),
    (9, ["continuous", "grid"], True, -4.0),
    (20, ["categorical", "continuous", "grid", "continuous"], False, -3.0),
    (40, ["categorical", "continuous", "categorical", "grid", "continuous", "continuous"], True, -5.0),
    (70, ["continuous"] * 10, False, -8.0),
]:
    d = len(kinds)
    draw = lambda m: np.column_stack([rng.integers(-1, 4, m).astype(float) if k == "categorical" else rng.random(m) for k in kinds])
    rows, queries, values = draw(n), draw(11), rng.standard_normal(n)
    queries[0] = rows[0]
    log_lengths = rng.uniform(-1.5, 1.0, d)
    log_signal = rng.uniform(-1, 1)
    extra = rng.random(n) * (rng.random(n) < 0.3)
    warps = rng.uniform(-0.8, 0.8, (d, 2)) * np.array([[k == "continuous"] for k in kinds]) if warped else None
    lengths, signal, noise = np.exp(log_lengths), np.exp(log_signal), np.exp(log_noise)
    x, q = embed(rows, kinds, lengths, warps), embed(queries, kinds, lengths, warps)
    kernel = ConstantKernel(signal) * Matern(1.0, nu=2.5)
    variances = noise + extra + JITTER
    matrix = kernel(x) + np.diag(variances)
    solved = np.linalg.solve(matrix, np.ones(n))
    mean = solved @ values / (1 + solved.sum())

    def fit(keep):
        model = GaussianProcessRegressor(kernel, alpha=variances[keep], optimizer=None)
        return model.fit(x[keep], values[keep] - mean)

    everything = np.arange(n)
    model = fit(everything)
    mu, cov = model.predict(q, return_cov=True)
    # the negative log density of data and hyperparameters, without the constants of the normal density
    loss = -model.log_marginal_likelihood_value_ - n / 2 * np.log(2 * np.pi) + mean**2 / 2
    expected = [(0.5, 3) if kind == "categorical" else (np.log(d) - 1, 1) for kind in kinds]
    loss += sum((l - m) ** 2 / (2 * v) for l, (m, v) in zip(log_lengths, expected)) + log_signal**2 / 2 + (log_noise + 4) ** 2 / 18
    left_out = []
    for i in range(n):
        if n == 1:
            left_out.append([mean, signal + variances[i]])
            continue
        m, s = fit(everything != i).predict(x[i : i + 1], return_std=True)
        left_out.append([float(m[0] + mean), float(s[0] ** 2 + variances[i])])
    cases.append(
        dict(
            kinds=kinds,
            rows=rows.ravel().tolist(),
            values=values.tolist(),
            extra=extra.tolist(),
            hyper=dict(
                log_lengths=log_lengths.tolist(),
                log_signal=log_signal,
                log_noise=log_noise,
                warps=[dict(log_a=a, log_b=b) for a, b in warps.tolist()] if warped else [],
            ),
            queries=queries.ravel().tolist(),
            mean=(mu + mean).tolist(),
            covariance=cov.ravel().tolist(),
            left_out=left_out,
            loss=float(loss),
            prior_mean=float(mean),
        )
    )
json.dump(cases, open(__file__.replace(".py", ".json"), "w"))
