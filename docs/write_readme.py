"""Write the generated parts of README.md and of the cards: from dvc.yaml, reports/ and seeds/.

With --check nothing is written; exit status 1 says that a part is not current.
"""

import json
import re
import runpy
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
# What the recipes work out from what was measured on one machine; a worker has two processors.
COLLECTION, MACHINES, PROCESSORS = 100_000_000, 20, 16
MEASURED = "articles/s, one machine"
SCALED = ("1 worker of 1 processor", "2 workers of 1 processor", "1 worker of 2 processors")


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


def _read(name: str) -> Any:
    return json.loads((ROOT / "reports" / name).read_text(encoding="utf-8"))


def score_table() -> str:
    """Topics and summaries with their 95% intervals, and the data they were measured on."""
    metrics = _read("metrics.json")
    whole = metrics["summaries"]["whole"]
    measured = (
        f"Test split: {metrics['topics']['articles']} articles, {whole['articles']} of them with a reference summary; "
        f"{100 * whole['abstractive_share']['value']:.0f}% of shipped summaries are abstractive; "
        f"{metrics['summaries']['rouge_signature']}; articles.jsonl SHA-256 `{metrics['data_sha256'][:12]}`."
    )
    return "\n\n".join([topic_scores(), transfer_scores(), summary_scores(), reading_scores(), measured])


def topic_scores() -> str:
    """Topics on the corpus's test split."""
    named = {
        "accuracy": "accuracy of the best topic",
        "majority_accuracy": "... of always answering the largest topic",
        "macro_f1": "macro-F1",
        "answered_share": "share answered, the rest abstained on",
        "accuracy_of_answered": "accuracy of the answered",
        "expected_calibration_error": "expected calibration error",
        "brier": "Brier score (0 best, 2 worst)",
    }
    topics = _read("metrics.json")["topics"]
    rows = ["| topics | value | 95% interval |", "| --- | --- | --- |"]
    return "\n".join(rows + [f"| {label} | {_value(topics[key])} |" for key, label in named.items()])


def summary_scores() -> str:
    """Each system's summaries of the test split against the references."""
    summaries = _read("metrics.json")["summaries"]
    rows = ["| summaries | ROUGE-1 | ROUGE-2 | ROUGE-L | words | unsupported name or number |"]
    rows.append("| --- | --- | --- | --- | --- | --- |")
    for system, scores in summaries["whole"]["systems"].items():
        rouges = " | ".join(_share(scores[key]) for key in ("rouge1", "rouge2", "rougeL"))
        words, lacking = scores["words"]["value"], 100 * scores["unsupported_share"]["value"]
        rows.append(f"| {system.replace('_', '-')} | {rouges} | {words:.0f} | {lacking:.0f}% |")
    agreement = summaries["agreement"]
    rouges = " | ".join(_share(agreement[key]) for key in ("rouge1", "rouge2", "rougeL"))
    return "\n".join([*rows, f"| two writers, {agreement['articles']} articles | {rouges} | | |"])


def reading_scores() -> str:
    """What careful readers found in shipped summaries."""
    reading = _read("metrics.json")["summaries"]["reading"]
    named = {
        "wrong_share_of_all": f"of {reading['summaries']}: any factual error",
        "grave_share_of_all": "... a grave one: who, what, whether or how many",
        "wrong_share_of_abstractive": "of the abstractive ones: any factual error",
        "grave_share_of_abstractive": "... a grave one",
    }
    rows = ["| shipped summaries read closely against their article | share | 95% interval |", "| --- | --- | --- |"]
    return "\n".join(rows + [f"| {label} | {_value(reading[key])} |" for key, label in named.items() if key in reading])


def transfer_scores() -> str:
    """Topics on the corpus beside other news, as points of percent."""
    metrics = _read("metrics.json")
    rows = ["| topics on | articles | best topic right | get a topic | of these wrong | calibration error |"]
    rows.append("| --- | --- | --- | --- | --- | --- |")
    topics = metrics["topics"]
    answered = topics["accuracy_of_answered"]
    wrong = {"value": 1 - answered["value"], "low": 1 - answered["high"], "high": 1 - answered["low"]}
    corpus = {**topics, "wrong_of_answered": wrong}
    for name, found in {"the corpus's test split": corpus, **metrics["transfer"]}.items():
        keys = ("accuracy", "answered_share", "wrong_of_answered", "expected_calibration_error")
        rows.append(f"| {name} | {found['articles']} | {' | '.join(_share(found[key]) for key in keys)} |")
    return "\n".join(rows)


def grounding_scores() -> str:
    """How well grounding tells true sentences from false ones, out of fold, by where the sentences come from."""
    grounding = _read("grounding.json")
    rows = ["| sentences | how many | area under the ROC curve | 95% interval |", "| --- | --- | --- | --- |"]
    for kind, told in (("judged", "judged by readers, {}"), ("corrupted", "made false: {}")):
        for source, found in grounding[kind].items():
            name = told.format(source.replace("_", " "))
            rows.append(f"| {name} | {found['sentences']:,} | {_value(found['auc'])} |")
    return "\n".join(rows)


def adapter_checks() -> str:
    """ROUGE-1 and grounding of the adapted model's own summaries, while it learnt."""
    card = json.loads((ROOT / "models" / "adapter" / "model.json").read_text(encoding="utf-8"))
    rows = ["| step | ROUGE-1 | grounding | mean, by which the weights were chosen |", "| --- | --- | --- | --- |"]
    rows += [
        f"| {check['step']} | {check['eval_rouge1']:.3f} | {check['eval_grounding']:.3f} | {check['eval_score']:.3f} |"
        for check in card["checks"]
    ]
    articles = card["settings"]["validation_articles"]
    return "\n".join([*rows, "", f"On {articles} articles of the validation split, without intervals."])


def seed_counts() -> str:
    """How many labelled articles and short items of each topic there are."""
    articles = Counter(map(_front_topic, sorted((ROOT / "seeds" / "articles").glob("*.md"))))
    lines = (ROOT / "seeds" / "briefs.jsonl").read_text(encoding="utf-8").splitlines()
    briefs = Counter(json.loads(line)["topic"] for line in lines)
    rows = ["| topic | articles | briefs |", "| --- | --- | --- |"]
    rows += [f"| {topic} | {articles[topic]} | {briefs[topic]:,} |" for topic in sorted({*articles, *briefs})]
    return "\n".join([*rows, f"| all | {articles.total()} | {briefs.total():,} |"])


def _front_topic(path: Path) -> str:
    """The topic in the front matter of a Markdown article."""
    _, front, _ = path.read_text(encoding="utf-8").split("---\n", 2)
    return str(yaml.safe_load(front)["topic"])


def own_scores() -> str:
    """How many held-out own items of each topic are told right."""
    own = _read("metrics.json")["transfer"]["own"]
    rows = [f"| of the {own['articles']} held-out items of a topic | found | 95% interval |", "| --- | --- | --- |"]
    rows += [f"| {topic} | {_value(recall)} |" for topic, recall in own["recall"].items()]
    none = own["none"]
    return "\n".join([*rows, f"| none ({none['articles']} texts): no topic given | {_value(none['refused_share'])} |"])


def _value(score: dict[str, float]) -> str:
    return f"{score['value']:.3f} | {score['low']:.3f}–{score['high']:.3f}"


def _share(score: dict[str, float]) -> str:
    return f"{100 * score['value']:.1f} ({100 * score['low']:.1f}–{100 * score['high']:.1f})"


def topics_table() -> str:
    """Accuracy and training time of each classifier of the benchmark on each of its sets."""
    sets = _read("benchmarks/topics.json")["sets"]
    rows = [f"| accuracy % (95% interval), training s | {' | '.join(sets)} |", f"| --- {'| --- ' * len(sets)}|"]
    for system in next(iter(sets.values()))["systems"]:
        found = [of_set["systems"][system] for of_set in sets.values()]
        cells = [f"{_share(row['accuracy'])}, {row['train_seconds']:.0f} s" for row in found]
        rows.append(f"| {system} | {' | '.join(cells)} |")
    return "\n".join(rows)


def cleaning_table() -> str:
    """F1 of the extractors of the benchmark, on HTML and on text that has lost it, and their speed on HTML."""
    sets = _read("benchmarks/cleaning.json")["sets"]
    forms = [(name, form) for form in ("html", "text") for name in sets]
    heads = [
        f"{name}, {'HTML' if form == 'html' else 'flattened'} ({sets[name]['pages']} pages)" for name, form in forms
    ]
    rows = [f"| F1 (95% interval) | {' | '.join(heads)} | pages/s, HTML |", f"| --- {'| --- ' * (len(heads) + 1)}|"]
    for system in next(iter(sets.values()))["html"]:
        cells = [_share(sets[name][form][system]["f1"]) for name, form in forms]
        seconds = sum(found["pages"] / found["html"][system]["pages_per_second"] for found in sets.values())
        rows.append(f"| {system} | {' | '.join(cells)} | {sum(s['pages'] for s in sets.values()) / seconds:.0f} |")
    return "\n".join(rows)


def summarise_table() -> str:
    """Articles a second of each way to run the summariser, and by how much this project's is faster."""
    return (ROOT / "reports" / "benchmarks" / "summarise.md").read_text(encoding="utf-8").strip()


def injections_table() -> str:
    """How many summaries follow a command that was planted in their article, by its form."""
    report = _read("benchmarks/injections.json")
    named = {
        "all": report["all"],
        "wordings looked at while the rules were written": report["wordings"]["looked at"],
        "wordings written after the rules": report["wordings"]["after the rules"],
        "wordings written after the weights, too": report["wordings"]["unseen"],
        **report["forms"],
    }
    rows = ["| planted command | articles | summaries that follow it | 95% interval |", "| --- | --- | --- | --- |"]
    for name, found in named.items():
        share, low, high = (100 * found["share"][key] for key in ("value", "low", "high"))
        rows.append(f"| {name} | {found['articles']} | {share:.1f}% | {low:.1f}–{high:.1f}% |")
    return "\n".join([*rows, "", f"Summariser: {report['engine']}."])


def scaling_table() -> str:
    """What workers of Ray were measured to answer, and what many articles take on many machines at that rate."""
    report = _read("benchmarks/scaling.json")
    heads = [MEASURED, f"{COLLECTION / 1e6:.0f} million articles, {MACHINES} machines of {PROCESSORS} processors"]
    kinds = {"topics": "topics alone", "summaries": "with summaries"}
    measured = [[name] for name in report["topics"]]
    worked = [["of two workers, for each of what one alone answers"], ["processor hours"], ["hours of all machines"]]
    worked += [["driver, ms of a processor an article"], ["hours, where one run feeds all machines"]]
    for kind in kinds:
        found = report[kind]
        for row, name in zip(measured, found, strict=True):
            row.append(f"{found[name]['articles_per_second']:.2f}")
        one, two, wide = (found[name]["articles_per_second"] for name in SCALED)
        share, driver = two / (2 * one), found[SCALED[2]]["driver_ms_per_article"] / 1000
        hours = COLLECTION / (wide * share * MACHINES * PROCESSORS / 2) / 3600
        cells = [f"{share:.2f}", f"{hours * MACHINES * PROCESSORS:,.0f}", f"{hours:.1f}"]
        cells += [f"{1000 * driver:.2f}", f"{max(hours, COLLECTION * driver / 3600):.1f}"]
        for row, cell in zip(worked, cells, strict=True):
            row.append(cell)
    parts = []
    for head, rows in zip(heads, (measured, worked), strict=True):
        lines = [f"| {head} | {' | '.join(kinds.values())} |", "| --- | --- | --- |"]
        parts.append("\n".join(lines + [f"| {' | '.join(row)} |" for row in rows]))
    machine = (
        f"{report['processors']} processors ({report['processor']}), load when begun {report['load_at_the_start']}"
    )
    return "\n\n".join([*parts, f"Measured on {machine}."])


def hostile_table() -> str:
    """What was tried, as the tests hold it: each page and each row of a file is answered or refused by name."""
    tried = runpy.run_path(str(ROOT / "tests" / "hostile_pages.py"))
    rows = ["| tried | answered | refused by name | lost |", "| --- | --- | --- | --- |"]
    rows += [f"| {what} | 1, its story found | 0 | 0 |" for what in tried["PAGES_WITH_STORY"]]
    rows += [f"| {what} | 1 | 0 | 0 |" for what in tried["OTHER_PAGES"]]
    rows += [f"| {what} | {read} | {refused} | 0 |" for what, (_, _, read, refused) in tried["FILES"].items()]
    return "\n".join(rows)


def reliability_table() -> str:
    """What became of each fault that was brought about, and of all hostile input together."""
    rows = ["| what goes wrong | tried | answered | refused with a message | lost |", "| --- | --- | --- | --- | --- |"]
    measured = {found["fault"]: found for found in _read("benchmarks/faults.json")["faults"]}
    for kind in runpy.run_path(str(ROOT / "benchmarks" / "faults.py"))["KINDS"].values():
        found = measured.get(kind.fault, {"fault": kind.fault, "tried": 0, "why_not": "not measured"})
        if found["tried"]:
            lost = max(found["lost_rows"] + found["torn_files"], found["unclear"])
            rows.append(f"| {found['fault']} | {found['tried']} | {found['answered']} | {found['refused']} | {lost} |")
        else:
            rows.append(f"| {found['fault']} | 0: {found['why_not']} | | | |")
    tried = runpy.run_path(str(ROOT / "tests" / "hostile_pages.py"))
    counts = [(read, refused) for _, _, read, refused in tried["FILES"].values()]
    answered = len(tried["PAGES_WITH_STORY"]) + len(tried["OTHER_PAGES"]) + sum(read for read, _ in counts)
    refused = sum(refused for _, refused in counts)
    linked = "[hostile pages and rows](SECURITY.md#what-was-tried)"
    return "\n".join([*rows, f"| {linked} | {answered + refused} | {answered} | {refused} | 0 |"])


# What is written where: a part of a file stands between <!-- name --> and <!-- /name -->.
PARTS: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {
        "stages": stage_table,
        "scores": score_table,
        "cleaning": cleaning_table,
        "summarise": summarise_table,
        "topics": topics_table,
        "reliability": reliability_table,
    },
    "models/README.md": {
        "topics": topic_scores,
        "transfer": transfer_scores,
        "summaries": summary_scores,
        "reading": reading_scores,
        "adapter": adapter_checks,
        "grounding": grounding_scores,
    },
    "docs/recipes.md": {"scaling": scaling_table},
    "SECURITY.md": {"injections": injections_table, "hostile": hostile_table},
    "seeds/README.md": {"counts": seed_counts, "own": own_scores},
}


def written(file: str, text: str) -> str:
    """A file's text with its generated parts current."""
    for name, table in PARTS[file].items():
        pattern = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
        if not re.search(pattern, text, re.DOTALL):
            raise ValueError(f"{file} has no part between <!-- {name} --> and <!-- /{name} -->")
        part = table()
        text = re.sub(pattern, lambda match, part=part: match[1] + part + "\n" + match[2], text, flags=re.DOTALL)
    return text


def main() -> int:
    """Write, or with --check compare."""
    stale = []
    for file in PARTS:
        path = ROOT / file
        before = path.read_text(encoding="utf-8")
        after = written(file, before)
        if after != before:
            stale.append(file)
            if "--check" not in sys.argv[1:]:
                path.write_text(after, encoding="utf-8")
    return int("--check" in sys.argv[1:] and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
