"""Metrics of two classes by scikit-learn: python metrics.py

Scores are rounded so that many are equal, which the area under the curve has to count half.
"""
import json

import numpy as np
from sklearn.metrics import f1_score, precision_score, recall_score, roc_auc_score

rng = np.random.default_rng(5)
cases = []
for examples, share, shift, decimals in [(40, 0.5, 1.0, 1), (200, 0.1, 0.5, 1), (1000, 0.7, 2.0, 6), (60, 0.3, -4.0, 0)]:
    labels = (rng.random(examples) < share).astype(int)
    scores = np.round(rng.normal(size=examples) + shift * (labels - 0.5), decimals).astype(np.float32)
    answers = (scores > 0).astype(int)
    cases.append({
        "scores": [float(score) for score in scores],
        "labels": labels.tolist(),
        "precision": precision_score(labels, answers, zero_division=0.0),
        "recall": recall_score(labels, answers),
        "f1_score": f1_score(labels, answers),
        "auc": roc_auc_score(labels, scores),
    })
json.dump(cases, open("metrics.json", "w"))
