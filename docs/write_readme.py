"""Write the generated parts of README.md: the stage table from dvc.yaml, the score table from reports/metrics.json.

With --check nothing is written; exit status 1 says that a part is not current.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent


def stage_table() -> str:
    """One row a stage: what it does, what it reads, what it makes."""
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    rows = ["| stage | what it does | makes |", "| --- | --- | --- |"]
    for name, stage in stages.items():
        made = [_name(out) for kind in ("outs", "metrics", "plots") for out in stage.get(kind, [])]
        rows.append(f"| `{name}` | {stage['desc']} | {', '.join(f'`{out}`' for out in made)} |")
    return "\n".join(rows)


def _name(out: str | dict[str, Any]) -> str:
    return out if isinstance(out, str) else next(iter(out))


def score_table() -> str:
    """Topics and summaries with their 95% intervals, and the data they were measured on."""
    metrics = json.loads((ROOT / "reports" / "metrics.json").read_text(encoding="utf-8"))
    topics, summaries = metrics["topics"], metrics["summaries"]
    rows = ["| topics | value | 95% interval |", "| --- | --- | --- |"]
    named = {
        "accuracy": "accuracy of the best topic",
        "majority_accuracy": "... of always answering the largest topic",
        "macro_f1": "macro-F1",
        "answered_share": "share answered, the rest abstained on",
        "accuracy_of_answered": "accuracy of the answered",
        "expected_calibration_error": "expected calibration error",
        "brier": "Brier score (0 best, 2 worst)",
    }
    rows += [f"| {label} | {_value(topics[key])} |" for key, label in named.items()]
    rows += ["", *_transfer_rows(metrics)]
    whole, reading = summaries["whole"], summaries["reading"]
    rows += ["", "| summaries | ROUGE-1 | ROUGE-2 | ROUGE-L | words | unsupported name or number |"]
    rows.append("| --- | --- | --- | --- | --- | --- |")
    for system, scores in whole["systems"].items():
        rouges = " | ".join(_share(scores[key]) for key in ("rouge1", "rouge2", "rougeL"))
        words, lacking = scores["words"]["value"], 100 * scores["unsupported_share"]["value"]
        rows.append(f"| {system.replace('_', '-')} | {rouges} | {words:.0f} | {lacking:.0f}% |")
    agreement = summaries["agreement"]
    rouges = " | ".join(_share(agreement[key]) for key in ("rouge1", "rouge2", "rougeL"))
    rows.append(f"| two writers, {agreement['articles']} articles | {rouges} | | |")
    rows += [
        "",
        "| shipped summaries read closely against their article | share | 95% interval |",
        "| --- | --- | --- |",
    ]
    named = {
        "wrong_share_of_all": f"of {reading['summaries']}: any factual error",
        "grave_share_of_all": "... a grave one: who, what, whether or how many",
        "wrong_share_of_abstractive": "of the abstractive ones: any factual error",
        "grave_share_of_abstractive": "... a grave one",
    }
    rows += [f"| {label} | {_value(reading[key])} |" for key, label in named.items() if key in reading]
    rows += [
        "",
        f"Test split: {topics['articles']} articles, {whole['articles']} of them with a reference summary; "
        f"{100 * whole['abstractive_share']['value']:.0f}% of shipped summaries are abstractive; "
        f"{summaries['rouge_signature']}; articles.jsonl SHA-256 `{metrics['data_sha256'][:12]}`.",
    ]
    return "\n".join(rows)


def _transfer_rows(metrics: dict[str, Any]) -> list[str]:
    """The corpus beside other news, as points of percent."""
    rows = ["| topics on | articles | best topic right | get a topic | of these wrong | calibration error |"]
    rows.append("| --- | --- | --- | --- | --- | --- |")
    topics = metrics["topics"]
    answered = topics["accuracy_of_answered"]
    wrong = {"value": 1 - answered["value"], "low": 1 - answered["high"], "high": 1 - answered["low"]}
    corpus = {**topics, "wrong_of_answered": wrong}
    for name, found in {"the corpus's test split": corpus, **metrics["transfer"]}.items():
        keys = ("accuracy", "answered_share", "wrong_of_answered", "expected_calibration_error")
        rows.append(f"| {name} | {found['articles']} | {' | '.join(_share(found[key]) for key in keys)} |")
    return rows


def _value(score: dict[str, float]) -> str:
    return f"{score['value']:.3f} | {score['low']:.3f}–{score['high']:.3f}"


def _share(score: dict[str, float]) -> str:
    return f"{100 * score['value']:.1f} ({100 * score['low']:.1f}–{100 * score['high']:.1f})"


def topics_table() -> str:
    """Accuracy and training time of each classifier of the benchmark on each of its sets."""
    sets = json.loads((ROOT / "reports" / "benchmarks" / "topics.json").read_text(encoding="utf-8"))["sets"]
    rows = [f"| accuracy % (95% interval), training s | {' | '.join(sets)} |", f"| --- {'| --- ' * len(sets)}|"]
    for system in next(iter(sets.values()))["systems"]:
        found = [of_set["systems"][system] for of_set in sets.values()]
        cells = [f"{_share(row['accuracy'])}, {row['train_seconds']:.0f} s" for row in found]
        rows.append(f"| {system} | {' | '.join(cells)} |")
    return "\n".join(rows)


def summarise_table() -> str:
    """Articles a second of each way to run the summariser, and by how much this project's is faster."""
    return (ROOT / "reports" / "benchmarks" / "summarise.md").read_text(encoding="utf-8").strip()


def written(readme: str) -> str:
    """The README with its generated parts current."""
    tables = {
        "stages": stage_table(),
        "scores": score_table(),
        "summarise": summarise_table(),
        "topics": topics_table(),
    }
    for name, table in tables.items():
        pattern = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
        if not re.search(pattern, readme, re.DOTALL):
            raise ValueError(f"README.md has no part between <!-- {name} --> and <!-- /{name} -->")
        readme = re.sub(pattern, lambda match, table=table: match[1] + table + "\n" + match[2], readme, flags=re.DOTALL)
    return readme


def main() -> int:
    """Write, or with --check compare."""
    path = ROOT / "README.md"
    before = path.read_text(encoding="utf-8")
    after = written(before)
    if "--check" in sys.argv[1:]:
        return int(after != before)
    path.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
