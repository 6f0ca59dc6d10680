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
    rows += ["", "| summaries | ROUGE-1 | ROUGE-2 | ROUGE-L | words | unsupported name or number |"]
    rows.append("| --- | --- | --- | --- | --- | --- |")
    for system, scores in summaries["systems"].items():
        rouges = " | ".join(
            _value(scores[key], 100).replace(" | ", " (") + ")" for key in ("rouge1", "rouge2", "rougeL")
        )
        words, lacking = scores["words"]["value"], 100 * scores["unsupported_share"]["value"]
        rows.append(f"| {system.replace('_', '-')} | {rouges} | {words:.0f} | {lacking:.0f}% |")
    abstractive = summaries["abstractive_share"]
    rows += [
        "",
        f"Test split: {topics['articles']} articles, {summaries['articles']} with a reference; "
        f"{100 * abstractive['value']:.0f}% of shipped summaries are abstractive; {summaries['rouge_signature']}; "
        f"articles.jsonl SHA-256 `{metrics['data_sha256'][:12]}`.",
    ]
    return "\n".join(rows)


def _value(score: dict[str, float], scale: int = 1) -> str:
    places = 1 if scale == 100 else 3
    value, low, high = (f"{scale * score[key]:.{places}f}" for key in ("value", "low", "high"))
    return f"{value} | {low}–{high}"


def written(readme: str) -> str:
    """The README with its generated parts current."""
    for name, table in (("stages", stage_table()), ("scores", score_table())):
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
