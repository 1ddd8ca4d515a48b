"""Makes the files that a monitoring job would leave for the triggers.

    python monitoring/make_monitoring.py

drift_summary.json        a quiet day: 12 % of the features drifted
drift_alert.json          the day after the fibre roll-out: 42 %
labeled_predictions.csv   what the model answered, beside what came of it; the
                          label is blank where the outcome is not known yet

The predictions are cross-validated ones on the old window, so no answer comes
from a model that has seen its customer.
"""

import json
import sys
from pathlib import Path

from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from train import build_pipeline, load_training_window  # noqa: E402

MATURED_ROWS = 900
WAITING_ROWS = 60


def write_share(name, share):
    text = json.dumps({"share_drifted_features": share})
    (ROOT / "monitoring" / name).write_text(text + "\n", encoding="utf-8")


def main():
    write_share("drift_summary.json", 0.12)
    write_share("drift_alert.json", 0.42)

    features, labels = load_training_window(ROOT / "data" / "window-old.csv")
    scores = cross_val_predict(build_pipeline(), features, labels, cv=5, method="predict_proba")[:, 1]
    with open(ROOT / "monitoring" / "labeled_predictions.csv", "w", newline="\n", encoding="utf-8") as f:
        f.write("label,predicted_proba\n")
        for row in range(MATURED_ROWS + WAITING_ROWS):
            label = ("Yes" if labels[row] else "No") if row < MATURED_ROWS else ""
            f.write(f"{label},{scores[row]:.6f}\n")
    auc = roc_auc_score(labels[:MATURED_ROWS], scores[:MATURED_ROWS])
    print(f"labeled_predictions.csv: {MATURED_ROWS} matured rows, AUC {auc:.3f}")


if __name__ == "__main__":
    main()
