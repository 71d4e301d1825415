"""Makes data/patients.csv: 20,000 invented patients, with a known truth behind them. Standard library only.

    python3 generate.py            writes the file and prints what README.md says about it
    python3 generate.py --check    fails when the file here is not what the generator makes

The people are drawn in the order in which the world would make them: age and sex; the life they lead (employment,
income, region, smoking); the body (body mass, blood pressure, glucose, conditions); then the stroke, from a logistic model of
all of these. So columns correlate as they do in life: the retired have more strokes because they are old, and
for no other reason. Cells go missing last, and the reasons for it are those of a clinic, not of a dice box.

Because each patient's true probability is known, so is the best that any model can reach: no score ranks patients better
than the probability itself. Its AUC is the ceiling that this program prints.
"""

import argparse
import csv
import io
import math
import pathlib
import random
import sys

ROWS = 20_000
SEED = 3
FILE = pathlib.Path(__file__).parent / "data" / "patients.csv"

COLUMNS = [
    "age", "sex", "smoking", "systolic_bp", "glucose", "bmi", "employment", "conditions", "income_band", "region",
    "heart_disease", "stroke",
]
INCOMES = ["low", "lower-mid", "upper-mid", "high"]
REGIONS = {"North": 0.27, "South": 0.23, "Central": 0.21, "East": 0.16, "West": 0.13}
SMOKING_EFFECT = {"never": 0.0, "former": 0.25, "occasional": 0.35, "pipe or cigar": 0.40, "current": 1.10}


def sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


def clamp(x: float, low: float, high: float) -> float:
    return min(max(x, low), high)


def pick(rng: random.Random, weights: dict[str, float]) -> str:
    """One key, drawn by weight. Written out so that the draw is the same in every version of Python."""
    at = rng.random() * sum(weights.values())
    for key, weight in weights.items():
        at -= weight
        if at < 0.0:
            return key
    return key


def draw_age(rng: random.Random) -> int:
    while True:
        age = rng.gauss(51.0, 18.5)
        if 18.0 <= age < 95.0:
            return int(age)


def draw_employment(rng: random.Random, age: int) -> str:
    retired = sigmoid((age - 65.0) / 2.5)
    student = sigmoid((24.0 - age) / 2.0)
    working = max(0.0, 1.0 - retired - student)
    return pick(rng, {
        "private": 0.53 * working, "public": 0.22 * working, "self-employed": 0.18 * working,
        "unemployed": 0.07 * working, "retired": retired, "student": 0.8 * student,
    })


def draw_income(rng: random.Random, employment: str) -> int:
    """0 to 3, an index into INCOMES."""
    shift = {"private": 0.25, "public": 0.10, "self-employed": 0.15, "retired": -0.15, "unemployed": -1.0, "student": -0.9}
    level = rng.gauss(shift[employment], 1.0)
    return sum(level > cut for cut in (-0.75, 0.15, 1.05))


def draw_smoking(rng: random.Random, age: int, sex: str, income: int) -> str:
    return pick(rng, {
        "never": 0.52 + 0.03 * income - 0.04 * (sex == "M"),
        "former": 0.14 + 0.0030 * (age - 18),
        "current": 0.27 - 0.030 * income - 0.0012 * (age - 18) + 0.03 * (sex == "M"),
        "occasional": 0.045 - 0.0003 * (age - 18),
        "pipe or cigar": 0.003 + 0.013 * (sex == "M"),
    })


def draw_patient(rng: random.Random) -> tuple[dict[str, object], float]:
    """One patient, complete, and the logit of the true probability of a stroke but for the intercept."""
    age = draw_age(rng)
    sex = "F" if rng.random() < 0.54 else "M"
    male = sex == "M"
    employment = draw_employment(rng, age)
    income = draw_income(rng, employment)
    smoking = draw_smoking(rng, age, sex, income)
    region = pick(rng, REGIONS)

    middle_age = 1.0 - ((age - 55.0) / 45.0) ** 2
    bmi = clamp(rng.gauss(25.6 + 2.2 * middle_age - 0.35 * income, 4.6) + rng.expovariate(0.9), 14.5, 58.0)
    diabetes = rng.random() < sigmoid(-4.6 + 0.035 * (age - 50) + 0.13 * (bmi - 27))
    glucose = rng.gauss(92.0 + 0.12 * (age - 50) + 0.5 * (bmi - 27), 12.0)
    if diabetes:
        glucose += 38.0 + rng.expovariate(1 / 28.0)
    glucose = clamp(glucose, 52.0, 310.0)
    systolic = clamp(rng.gauss(114.0 + 0.40 * (age - 40) + 0.75 * (bmi - 26) + 3.0 * male, 12.5), 84.0, 205.0)

    conditions = []
    if rng.random() < sigmoid(-1.5 + 0.085 * (systolic - 133)):
        conditions.append("hypertension")
    if diabetes and rng.random() < 0.9:
        conditions.append("diabetes")
    if rng.random() < sigmoid(-2.3 + 0.030 * (age - 50) + 0.05 * (bmi - 27)):
        conditions.append("high cholesterol")
    fibrillation = rng.random() < sigmoid(-4.7 + 0.065 * (age - 55))
    if fibrillation:
        conditions.append("atrial fibrillation")
    if rng.random() < 0.07:
        conditions.append("asthma")
    kidney = rng.random() < sigmoid(-4.9 + 0.03 * (age - 50) + 0.9 * diabetes)
    if kidney:
        conditions.append("kidney disease")
    heart = rng.random() < sigmoid(
        -3.9 + 0.062 * (age - 50) + 0.45 * male + 0.018 * (systolic - 120) + 0.8 * SMOKING_EFFECT[smoking]
    )

    logit = (
        # The risk of a decade of life, steeper after 55.
        0.045 * (age - 50) + 0.050 * max(0, age - 55)
        + 0.10 * male
        # Pressure counts from 125 on; more for the old.
        + 0.045 * max(0.0, systolic - 130.0) * (1.0 + 0.010 * (age - 50))
        # Glucose counts from 125 on and levels off.
        + 1.60 * (1.0 - math.exp(-max(0.0, glucose - 125.0) / 45.0))
        # Both ends of the body-mass scale.
        + 0.010 * min(abs(bmi - 26.0), 16.0) ** 2 * (0.6 if bmi > 26.0 else 1.5)
        + SMOKING_EFFECT[smoking]
        + 1.30 * fibrillation + 0.45 * kidney
        # Heart disease matters most to those who would be safe otherwise.
        + (1.50 if age < 65 else 0.60) * heart
        - 0.08 * income
    )
    patient = {
        "age": age, "sex": sex, "smoking": smoking, "systolic_bp": round(systolic), "glucose": round(glucose, 1),
        "bmi": round(bmi, 1), "employment": employment, "conditions": ";".join(conditions),
        "income_band": INCOMES[income], "region": region, "heart_disease": int(heart),
    }
    return patient, logit


def lose_cells(rng: random.Random, patient: dict[str, object]) -> None:
    """What a clinic loses: smokers who would not say, those who could not stand on the scales, forms half filled."""
    age = patient["age"]
    unsaid = 0.085 if patient["smoking"] in ("current", "occasional") else 0.067
    roll = rng.random()
    if roll < unsaid:
        patient["smoking"] = "unknown"
    elif roll < unsaid + 0.036:
        patient["smoking"] = ""
    if rng.random() < 0.022 + 0.05 * sigmoid((age - 70) / 8.0):
        patient["bmi"] = ""
    if rng.random() < 0.011:
        patient["glucose"] = ""
    if rng.random() < (0.040 if patient["income_band"] == "high" else 0.023):
        patient["income_band"] = ""


def intercept_for(logits: list[float], share: float) -> float:
    """The intercept with which the mean probability is `share`, by bisection."""
    low, high = -20.0, 5.0
    for _ in range(60):
        middle = (low + high) / 2
        if sum(sigmoid(middle + x) for x in logits) / len(logits) < share:
            low = middle
        else:
            high = middle
    return low


def auc(scores: list[float], positive: list[float]) -> float:
    """Area under the ROC curve where row i is a positive with weight positive[i] and a negative with the rest of 1.

    With labels of 0 and 1 it is the usual AUC (Mann-Whitney, ties count half); with the true probabilities as
    weights it is the expectation over the labels, up to terms of the order of 1/rows.
    """
    order = sorted(range(len(scores)), key=scores.__getitem__)
    below = area = 0.0
    at = 0
    while at < len(order):
        end = at
        while end < len(order) and scores[order[end]] == scores[order[at]]:
            end += 1
        tied = order[at:end]
        up, down = sum(positive[i] for i in tied), sum(1.0 - positive[i] for i in tied)
        area += up * (below + down / 2)
        below += down
        at = end
    return area / (sum(positive) * below)


def make() -> tuple[str, list[str]]:
    """The text of the file, and the lines to print about it."""
    rng = random.Random(SEED)
    drawn = [draw_patient(rng) for _ in range(ROWS)]
    intercept = intercept_for([logit for _, logit in drawn], 0.061)
    probabilities = [sigmoid(intercept + logit) for _, logit in drawn]

    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    labels = []
    for (patient, _), probability in zip(drawn, probabilities):
        patient["stroke"] = int(rng.random() < probability)
        labels.append(float(patient["stroke"]))
        lose_cells(rng, patient)
        writer.writerow(patient)

    entropy = lambda p: -(p * math.log(p) + (1 - p) * math.log(1 - p))
    facts = [
        f"rows {ROWS}, strokes {int(sum(labels))} ({100 * sum(labels) / ROWS:.2f} %)",
        f"best possible AUC, expected: {auc(probabilities, probabilities):.4f}",
        f"best possible AUC, on the labels of this file: {auc(probabilities, labels):.4f}",
        f"best possible log loss, expected: {sum(map(entropy, probabilities)) / ROWS:.4f}",
        f"best possible Brier score, expected: {sum(p * (1 - p) for p in probabilities) / ROWS:.4f}",
    ]
    empty = {name: sum(patient[name] == "" for patient, _ in drawn) for name in COLUMNS}
    facts += [f"empty cells in {name}: {count}" for name, count in empty.items() if count]
    return out.getvalue(), facts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the file instead of writing it")
    check = parser.parse_args().check
    text, facts = make()
    print("\n".join(facts))
    if check and FILE.read_text() != text:
        print(f"{FILE} is not what this generator makes", file=sys.stderr)
        return 1
    if not check:
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
