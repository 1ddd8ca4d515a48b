"""Writes the diabetes data that come with scikit-learn: a window to train on
and a frozen holdout, whose label is a number."""

import os

from sklearn.datasets import load_diabetes

rows = load_diabetes(as_frame=True).frame.rename(columns={"target": "progression"}).sample(frac=1, random_state=0).round(4)
os.makedirs("data", exist_ok=True)
rows[:242].to_csv("data/train.csv", index=False)
rows[242:].to_csv("data/holdout.csv", index=False)
