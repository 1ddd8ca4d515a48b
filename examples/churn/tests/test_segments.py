"""The postmortem: a window that lost one segment's outcomes, and what production shows of it."""

import csv
import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "data"))

import lose_outcomes
from segments import by_segment


def test_outcomes_are_lost_in_the_segment_alone():
    rows = [{"contract": contract, "churn": churn} for contract in ("One year", "Two year") for churn in ("Yes", "No")]
    assert lose_outcomes.lose(rows, "contract", "One year") == 1
    assert [row["churn"] for row in rows] == ["No", "No", "Yes", "No"]


@pytest.mark.parametrize(
    ("segment", "says"), [("contract=Three year", "nobody in contract=Three year who left"), ("term=1", "no column 'term'")]
)
def test_a_segment_that_is_not_there(tmp_path, monkeypatch, capsys, segment, says):
    window = tmp_path / "window.csv"
    with open(window, "w", newline="") as f:
        csv.writer(f).writerows([["contract", "churn"], ["One year", "Yes"]])
    monkeypatch.setattr(
        "sys.argv", ["lose_outcomes.py", "--window", str(window), "--segment", segment, "--out", str(tmp_path / "out.csv")]
    )
    with pytest.raises(SystemExit) as ended:
        lose_outcomes.main()
    assert ended.value.code == 2 and says in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


def test_what_was_foreseen_and_what_came():
    log = pd.DataFrame(
        {
            "request_id": list("abcd"),
            "version": ["3", "3", "3", "1"],
            "probability": [0.1, 0.2, 0.5, 0.9],
            "contract": ["One year", "One year", "Two year", "One year"],
        }
    )
    labels = pd.DataFrame({"request_id": list("abd"), "label": ["Yes", "No", "Yes"]})  # c has not matured
    table = by_segment(labels, log, "contract").round(4).to_dict(orient="records")
    assert table == [
        {"version": "1", "segment": "One year", "customers": 1, "left": 1, "foreseen": 0.9, "brier": 0.01},
        {"version": "3", "segment": "One year", "customers": 2, "left": 1, "foreseen": 0.3, "brier": 0.425},
    ]
