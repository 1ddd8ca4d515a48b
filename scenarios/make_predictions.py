"""Makes the scored files of the scenarios, with metrics that are exact.

    python3 make_predictions.py          writes all of them again
    python3 make_predictions.py --show   and prints the metrics of each

A column of scores is made from the AUC that it shall have. With P positives
and N negatives there are P*N pairs; an AUC of W/(P*N) is a choice of how many
negatives each positive beats, W in all. Scores then are spread evenly between
two bounds, which decide the Brier score without touching the order.
"""

import argparse
import random
from fractions import Fraction
from pathlib import Path

HERE = Path(__file__).parent / "testdata"


def column(positives, negatives, auc, low=Fraction(0), high=Fraction(1)):
    """Scores of the positives, then of the negatives, as fractions."""
    pairs = Fraction(auc) * positives * negatives
    halves = pairs * 2
    if halves.denominator != 1:
        raise SystemExit(f"AUC {auc} is no multiple of 1/2 pair of {positives} x {negatives}")
    wins, tie = divmod(halves.numerator, 2)
    # The best AUC has every positive above all negatives; take wins away from
    # the positives in turn, so that both classes overlap over the whole range.
    beaten = [wins * (i + 1) // positives - wins * i // positives for i in range(positives)]
    spread = [(i * 7919) % positives for i in range(positives)]
    for i in range(0, positives - 1, 2):
        a, b = spread[i] % positives, spread[i + 1] % positives
        if a == b:
            continue
        move = min(beaten[a], negatives - beaten[b], (i * 13) % (negatives // 2 + 1))
        beaten[a], beaten[b] = beaten[a] - move, beaten[b] + move
    # On a scale of 0 to 2N, negatives stand at the odd places, and a positive
    # that beats k of them at 2k.
    places = [2 * k for k in beaten]
    if tie:
        first = next(i for i, k in enumerate(beaten) if k < negatives)
        places[first] += 1  # level with the next negative: half a win
    places += [2 * i + 1 for i in range(negatives)]
    return [low + (high - low) * Fraction(place, 2 * negatives) for place in places]


def table(positives, negatives, seed=1, **columns):
    """Rows of label and the named columns, in an order that tells nothing."""
    labels = [1] * positives + [0] * negatives
    rows = list(zip(labels, *columns.values()))
    random.Random(seed).shuffle(rows)
    return ["label", *columns], rows


def customers(seed, n):
    """Customers whose churn depends on tenure, and on calls of the newer ones."""
    rng = random.Random(seed)
    for _ in range(n):
        tenure, calls = rng.randrange(72), rng.randrange(10)
        risk = 0.15 + 0.5 * (tenure < 12) + 0.3 * (calls > 6 and tenure < 40)
        yield tenure, calls, "yes" if rng.random() < risk else "no"


def decimal(value):
    if isinstance(value, (int, str)):
        return str(value)
    text = f"{float(value):.10f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


def metrics(labels, scores):
    scores = [Fraction(decimal(s)) for s in scores]
    wins = sum(
        2 if a > b else 1 if a == b else 0
        for a, x in zip(scores, labels) if x
        for b, y in zip(scores, labels) if not y
    )
    ones = sum(labels)
    pairs = ones * (len(labels) - ones)
    brier = sum((s - x) ** 2 for s, x in zip(scores, labels)) / len(labels)
    return f"AUC {wins}/{2 * pairs} = {wins / (2 * pairs):.6f}" if pairs else "no AUC", f"Brier {float(brier):.6f}"


def write(name, header, rows, show):
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [",".join(header)] + [",".join(decimal(value) for value in row) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    if show and header[0] == "label" and "" not in (row[0] for row in rows):
        print(name)
        for i, title in enumerate(header[1:], 1):
            print(f"  {title:12}", *metrics([row[0] for row in rows], [row[i] for row in rows]))


def files():
    """Every file: its name, header and rows."""
    def pair(champion, challenger, n=100):
        return table(n, n, champion=column(n, n, *champion), challenger=column(n, n, *challenger))

    dull = (Fraction(1, 4), Fraction(3, 4))  # between these bounds Brier is good
    fair = (Fraction(1, 5), Fraction(4, 5))
    wild = (Fraction(0), Fraction(1))
    header, rows = pair(("0.8312", *fair), ("0.8471", *fair))
    yield "shared/holdout.csv", ["customer", "label"], [(1000 + i, row[0]) for i, row in enumerate(rows)]
    # What most scenarios judge on: a challenger that clears both metric checks ...
    yield "shared/better.csv", *pair(("0.8312", *fair), ("0.8471", *fair))
    # ... one that gains too little AUC ...
    yield "shared/worse-auc.csv", *pair(("0.8312", *wild), ("0.8350", *fair))
    # ... one that is better at ranking and worse at probabilities ...
    yield "shared/worse-brier.csv", *pair(("0.8312", *fair), ("0.8471", Fraction(0), Fraction(1, 2)))
    # ... and one that is worse at both.
    yield "shared/worse.csv", *pair(("0.8312", *fair), ("0.8290", Fraction(0), Fraction(1, 2)))
    # 0.7082 + 0.0050 >= 0.7132: true of decimals, false of floats.
    yield "promoted-exact-tie/files/tie.csv", *pair(("0.7082", *fair), ("0.7132", *dull))
    # 0.835050 < 0.830051 + 0.005: with four decimals both sides would read 0.8351.
    yield "flagged-near-tie/files/near.csv", *pair(("0.830051", *wild), ("0.835050", *fair), 1000)
    # One class, and a score that is none.
    header, rows = pair(("0.8312", *fair), ("0.8471", *fair))
    yield "flagged-one-class/files/one-class.csv", header, [row for row in rows if row[0] == 0]
    # What real trees are trained and judged on.
    for name, seed, n in ("window", 7, 2000), ("customers", 11, 400):
        yield f"promoted-embedded-scorer/files/{name}.csv", ["tenure", "calls", "churned"], list(customers(seed, n))
    # Labels that have matured, for the performance trigger: 500 rows.
    for name, auc in ("below", "0.79998"), ("at", "0.8"), ("above", "0.80002"):
        yield f"trigger-performance/files/{name}.csv", *table(
            250, 250, predicted_proba=column(250, 250, Fraction(round(Fraction(auc) * 125000), 125000)))
    header, rows = table(250, 250, predicted_proba=column(250, 250, Fraction(97600, 125000)))
    yield "trigger-several/files/monitoring/labeled_predictions.csv", header, rows
    # 500 rows, of which 499 have a label: the last has not matured.
    yield "trigger-performance/files/not-matured.csv", header, [*rows[:-1], ("", *rows[-1][1:])]


    # What a gate that knows its noise is asked about: 2,000 scored customers of
    # three contracts, of whom the challenger loses those with one year.
    yield "shared/segments.csv", ["label", "champion", "challenger", "contract", "region", "customer"], list(contracts(5, 2000))
    # The cube of a probability ranks the rows as it does, and is no probability.
    rows = [row[:2] + (float(row[1]) ** 3,) for row in contracts(5, 2000)]
    yield "flagged-cube/files/cube.csv", ["label", "champion", "challenger"], rows
    # A number to predict.
    rng = random.Random(3)
    yield "gate-numbers/files/charges.csv", ["label", "champion", "challenger"], [
        (y, round(y + rng.gauss(0, 9), 3), round(y + rng.gauss(0, 8), 3)) for y in (round(rng.uniform(20, 120), 2) for _ in range(400))]
    # Three classes, one column a class and version.
    yield "judge-classes/files/plans.csv", ["label", *(f"{who}_{c}" for who in ("champion", "challenger") for c in "abc")], list(plans(9, 300))


def contracts(seed, n):
    """Customers with a contract and a region, scored by two models."""
    rng = random.Random(seed)
    for i in range(n):
        contract = rng.choices(["Month-to-month", "One year", "Two year"], [6, 3, 1])[0]
        region = rng.choice(["north", "south"])
        risk = min(max(rng.gauss({"Month-to-month": 0.45, "One year": 0.25, "Two year": 0.15}[contract], 0.2), 0.02), 0.98)
        champion = min(max(risk + rng.gauss(0, 0.15), 0.001), 0.999)
        challenger = min(max(risk + rng.gauss(0, 0.3 if contract == "One year" else 0.06), 0.001), 0.999)
        yield int(rng.random() < risk), round(champion, 4), round(challenger, 4), contract, region, 5000 + i


def plans(seed, n):
    """Three classes, and what two models make of them; the second is sharper."""
    rng = random.Random(seed)
    for _ in range(n):
        truth = rng.choice("abc")
        row = [truth]
        for pull in (1.0, 2.0):
            weights = [rng.expovariate(1) + (pull if c == truth else 0) for c in "abc"]
            row += [round(w / sum(weights), 6) for w in weights[:2]]
            row.append(round(1 - row[-1] - row[-2], 6))
        yield tuple(row)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true")
    show = parser.parse_args().show
    for name, header, rows in files():
        write(name, header, rows, show)
