"""Writes scikit-learn.json: what scikit-learn says of the cases below.

    python make_fixtures.py > scikit-learn.json      (scikit-learn 1.9.1)

Only the answers are committed. The rows of a generated case come from `draw`,
which generate in fixtures_test.go repeats to the last bit.
"""
import json

import sklearn
from sklearn.metrics import brier_score_loss, roc_auc_score


def draw(seed, rows, levels, rate):
    """A linear congruential generator (Knuth's MMIX). Scores fall on `levels`
    values, hence ties; a row is positive the more often, the higher its
    score, `rate` in 1000 at the top."""
    state, labels, scores = seed, [], []
    for _ in range(rows):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        level = (state >> 33) % levels
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        labels.append(int((state >> 33) % (1000 * levels) < rate * (level + 1)))
        scores.append((level + 0.5) / levels)
    return labels, scores


def answer(labels, scores, **case):
    return {**case, "auc": float(roc_auc_score(labels, scores)),
            "brier": float(brier_score_loss(labels, scores))}


def generated(name, **how):
    labels, scores = draw(**how)
    return answer(labels, scores, name=name, positives=sum(labels), **how)


def listed(name, labels, scores):
    return {"labels": labels, "scores": scores, **answer(labels, scores, name=name)}


CASES = [
    generated("ties", seed=1, rows=2000, levels=20, rate=500),
    generated("rare positives", seed=2, rows=5000, levels=10000, rate=6),
    generated("no ties to speak of", seed=3, rows=3000, levels=10**6, rate=900),
    generated("a million rows", seed=4, rows=10**6, levels=1000, rate=300),
    generated("a million rows, rare positives", seed=5, rows=10**6, levels=10**6, rate=2),
    listed("2 rows", [0, 1], [0.25, 0.75]),
    listed("2 rows, inverted", [1, 0], [0.25, 0.75]),
    listed("all scores equal", [0, 1, 1, 0, 0], [0.3] * 5),
    listed("perfect", [0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]),
    listed("inverted", [1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9]),
    listed("a tie across the classes", [0, 1, 0, 1, 1], [0.1, 0.4, 0.4, 0.4, 0.8]),
    listed("hard answers", [0, 1, 0, 1, 1, 0], [0.0, 1.0, 1.0, 0.0, 1.0, 0.0]),
    listed("tiny probabilities", [0, 1, 0, 0, 1], [1e-300, 1e-9, 1e-17, 1e-12, 1 - 1e-16]),
]

rows = ",\n".join(json.dumps(case) for case in CASES)
print(f'{{"scikit-learn": "{sklearn.__version__}", "cases": [\n{rows}\n]}}')
