"""Measure the summariser beside other ways to run the same weights: articles a second, tokens, memory, ROUGE.

    python benchmarks/summarise.py

Articles are the first of the test split. Each system runs in a process of its own; all are asked in turn, several
times, so that a machine's moods fall on all alike. "Same tokens" is greedy text of exactly 64 tokens behind the whole
article; "as shipped" is what `predict` gives. Writes reports/benchmarks/summarise.json and .md.
"""

import json
import multiprocessing
import os
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import numpy as np

from pipeline.articles import read_articles
from pipeline.files import sha256_of, write_json, write_text
from pipeline.generation import Drafting
from pipeline.pairs import read_pairs
from pipeline.records import Article
from pipeline.scores import Rouge, as_dict, mean_interval
from pipeline.sentences import split_sentences
from pipeline.summaries import Summariser
from pipeline.summary_settings import Wanted

FOLDER = Path("models/summariser")
TOKENS = 64
# More than any article of the corpus has in its prompt that is taken here.
PROMPT_TOKENS = 1000
BATCH = 8
WARM_UP = 2
SEED = 0

Run = Callable[[int], int]  # answers so many of the articles; how many tokens were written


def whole_prompts(articles: Sequence[Article]) -> list[list[int]]:
    """The whole articles with the request, as token ids."""
    summariser = Summariser(FOLDER)
    summariser.settings = summariser.settings.model_copy(update={"prompt_tokens": PROMPT_TOKENS})
    return [summariser.prompts.prompt(article)[0] for article in articles]


def transformers_one_by_one(articles: Sequence[Article]) -> Run:
    """What most people write: `generate` in float32, one article at a time."""
    return _transformers(articles, "float32", 1)


def transformers_batched(articles: Sequence[Article]) -> Run:
    """Its best: bfloat16, eight at a time, sorted by length."""
    return _transformers(articles, "bfloat16", BATCH)


def _transformers(articles: Sequence[Article], dtype: str, at_once: int) -> Run:
    import torch
    from transformers import AutoModelForCausalLM

    prompts = sorted(whole_prompts(articles), key=len)
    model = AutoModelForCausalLM.from_pretrained(FOLDER, dtype=getattr(torch, dtype), local_files_only=True).eval()
    pad = model.generation_config.pad_token_id or 0

    def run(number: int) -> int:
        for start in range(0, number, at_once):
            part = prompts[start : min(start + at_once, number)]
            longest = max(map(len, part))
            ids = torch.tensor([[pad] * (longest - len(prompt)) + prompt for prompt in part])
            mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in part])
            with torch.inference_mode():
                model.generate(
                    input_ids=ids,
                    attention_mask=mask,
                    do_sample=False,
                    min_new_tokens=TOKENS,
                    max_new_tokens=TOKENS,
                    pad_token_id=pad,
                )
        return TOKENS * number

    return run


def openvino_genai(articles: Sequence[Article]) -> Run:
    """OpenVINO GenAI as it comes: continuous batching, the same weights as a GGUF file of 16 bits."""
    import openvino
    import openvino_genai

    file = Path("data/benchmarks/summariser-f16.gguf")
    if not file.is_file():
        write_gguf(file)
    scheduler = openvino_genai.SchedulerConfig()
    scheduler.cache_size = 2
    scheduler.enable_prefix_caching = False  # with it a second round would find all prompts read
    pipe = openvino_genai.ContinuousBatchingPipeline(str(file), scheduler, "CPU")
    settings = openvino_genai.GenerationConfig()
    settings.max_new_tokens = settings.min_new_tokens = TOKENS
    settings.do_sample = False
    settings.ignore_eos = True
    tensors = [openvino.Tensor(np.array([prompt], dtype=np.int64)) for prompt in whole_prompts(articles)]

    def run(number: int) -> int:
        results = pipe.generate(tensors[:number], [settings] * number)
        return sum(len(result.m_generation_ids[0]) for result in results)

    return run


def ours_same_tokens(articles: Sequence[Article]) -> Run:
    """This project's engine, asked for the same tokens behind the same prompts."""
    prompts = whole_prompts(articles)
    summariser = Summariser(FOLDER)
    summariser.engine.ends = frozenset()  # type: ignore[attr-defined]
    drafting = Drafting(TOKENS, (0.0,), summariser.prompts.head, lambda ids: False, lambda number, ids: True)
    return lambda number: sum(len(draft) for (draft,) in summariser.engine.generate(prompts[:number], drafting))


def ours_as_shipped(articles: Sequence[Article]) -> Run:
    """Summaries as `predict` gives them, checked against their articles; topics aside."""
    summariser = Summariser(FOLDER)
    return _shipped(summariser, articles)


def _shipped(summariser: Summariser, articles: Sequence[Article]) -> Run:
    def run(number: int) -> int:
        made = summariser.summarise(articles[:number])
        return sum(len(summariser.tokenizer(summary.text or "")["input_ids"]) for summary in made)

    return run


def ours_torch(articles: Sequence[Article]) -> Run:
    """The same on torch, in the processor's own precision."""
    summariser = Summariser(FOLDER, Wanted(engine="torch"))
    return _shipped(summariser, articles)


SYSTEMS: dict[str, tuple[Callable[[Sequence[Article]], Run], str | None]] = {
    "transformers float32, one by one": (transformers_one_by_one, None),
    "transformers bfloat16, 8 at a time": (transformers_batched, None),
    "OpenVINO GenAI, float16 weights": (openvino_genai, "openvino_genai"),
    "ours, same tokens": (ours_same_tokens, "openvino"),
    "ours, as shipped": (ours_as_shipped, "openvino"),
    "ours, as shipped, on torch": (ours_torch, None),
}


def write_gguf(file: Path) -> None:
    """The converted summariser (Llama family) as a GGUF file of 16 bits, with the tokenizer of the packaged file."""
    from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter
    from safetensors.numpy import load_file

    packaged = next(Path("data/fetched").glob("*.gguf"))
    reader, weights = GGUFReader(packaged), load_file(FOLDER / "model.safetensors")
    config = json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))
    file.parent.mkdir(parents=True, exist_ok=True)
    writer = GGUFWriter(file, "llama")
    for key, item in reader.fields.items():
        if key.startswith("GGUF.") or key in ("general.architecture", "general.file_type"):
            continue
        kind = item.types[0]
        writer.add_key_value(key, item.contents(), kind, item.types[-1] if kind == GGUFValueType.ARRAY else None)
    writer.add_file_type(1)  # mostly 16 bits
    heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
    for tensor in reader.tensors:
        values = weights[_safetensors_name(tensor.name)]
        part = tensor.name.split(".")[-2]
        if part in heads:  # GGUF has the two halves of a head's rotation interleaved
            rows, columns = values.shape
            values = values.reshape(heads[part], 2, rows // heads[part] // 2, columns).swapaxes(1, 2)
            values = values.reshape(rows, columns)
        is_matrix = values.ndim == 2
        kind = GGMLQuantizationType.F16 if is_matrix else GGMLQuantizationType.F32
        writer.add_tensor(tensor.name, values.astype(np.float16 if is_matrix else np.float32), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _safetensors_name(name: str) -> str:
    """What a tensor of a GGUF file is called in a Llama model of transformers."""
    whole = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
    parts = {
        "attn_q": "self_attn.q_proj",
        "attn_k": "self_attn.k_proj",
        "attn_v": "self_attn.v_proj",
        "attn_output": "self_attn.o_proj",
        "attn_norm": "input_layernorm",
        "ffn_norm": "post_attention_layernorm",
        "ffn_gate": "mlp.gate_proj",
        "ffn_up": "mlp.up_proj",
        "ffn_down": "mlp.down_proj",
    }
    *block, part, _ = name.split(".")
    return f"model.layers.{block[1]}.{parts[part]}.weight" if block else f"{whole[part]}.weight"


def _serve(system: str, articles: list[Article], pipe: Any) -> None:
    """A system in its own process: for each number of articles on the pipe, seconds, tokens and peak memory."""
    run = SYSTEMS[system][0](articles)
    while number := pipe.recv():
        start = time.perf_counter()
        tokens = run(number)
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        pipe.send({"seconds": time.perf_counter() - start, "tokens": tokens, "peak_mb": peak_mb})


def measured(names: Sequence[str], articles: list[Article], rounds: int) -> dict[str, list[dict[str, float]]]:
    """Rounds of all systems, one after the other; nothing runs while another does."""
    context = multiprocessing.get_context("spawn")
    pipes, found = {}, {name: [] for name in names}
    for name in names:
        pipes[name], end = context.Pipe()
        context.Process(target=_serve, args=(name, articles, end), daemon=True).start()
    for number in range(rounds + 1):
        for name in names:
            pipes[name].send(len(articles) if number else WARM_UP)
            row = pipes[name].recv()
            if number:  # the first round warms up
                found[name].append(row)
            click.echo(f"{number or 'warm-up'}: {name}: {row['seconds']:.1f} s", err=True)
    for pipe in pipes.values():
        pipe.send(0)
    return found


def rouge_difference(number: int) -> dict[str, Any]:
    """ROUGE-1 of shipped engine and torch in float32, on articles with reference summaries, and the difference."""
    pairs = {pair.id: pair.summary for pair in read_pairs(Path("seeds/summaries.jsonl"))}
    articles = [
        article
        for split in ("validation", "test")
        for article in read_articles(Path("data/clean/articles.jsonl"), split)
        if article.id in pairs
    ][:number]
    rouge, scores, drafts = Rouge(), {}, {}
    for engine, precision in (("auto", "auto"), ("openvino", "float32"), ("torch", "float32")):
        summariser = Summariser(FOLDER, Wanted(engine=engine, precision=precision))
        made = summariser.summarise([replace(article.article, language="en") for article in articles])
        references = [split_sentences(pairs[article.id]) for article in articles]
        key = f"{engine} {precision}"
        texts = [split_sentences(summary.text or "") for summary in made]
        scores[key] = [rouge.score(*both)["rouge1"] for both in zip(references, texts, strict=True)]
        drafts[key] = [summary.draft for summary in made]
    shipped, exact = np.array(scores["auto auto"]), np.array(scores["torch float32"])
    same = [one == other for one, other in zip(drafts["openvino float32"], drafts["torch float32"], strict=True)]
    return {
        "articles": len(articles),
        "rouge1": {key: as_dict(mean_interval(values, SEED)) for key, values in scores.items()},
        "shipped_less_exact": as_dict(mean_interval(list(shipped - exact), SEED)),
        "greedy_drafts_identical_share": sum(same) / len(same),
    }


@click.command()
@click.option("--articles", "number", default=64, show_default=True)
@click.option("--rounds", default=3, show_default=True)
@click.option("--rouge-articles", default=152, show_default=True)
def main(number: int, rounds: int, rouge_articles: int) -> None:
    """Measure, and write the report."""
    data = Path("data/clean/articles.jsonl")
    articles = [replace(found.article, language="en") for found in read_articles(data, "test")][:number]
    missing = [name for name, (_, needs) in SYSTEMS.items() if needs and not find_spec(needs)]
    names = [name for name in SYSTEMS if name not in missing]
    rows = measured(names, articles, rounds)
    systems = {}
    for name, found in rows.items():
        rates = [number / row["seconds"] for row in found]
        systems[name] = {
            "articles_per_second": statistics.median(rates),
            "articles_per_second_range": [min(rates), max(rates)],
            "tokens_per_second": statistics.median(row["tokens"] / row["seconds"] for row in found),
            "peak_mb": max(row["peak_mb"] for row in found),
        }
    shipped = [row["seconds"] for row in rows["ours, as shipped"]]
    same = [row["seconds"] for row in rows["ours, same tokens"]]
    ratios = {}
    for name in names:
        ours = same if "GenAI" in name else shipped
        each = [row["seconds"] / mine for row, mine in zip(rows[name], ours, strict=True)]
        ratios[name] = {"times": statistics.median(each), "range": [min(each), max(each)]}
    report = {
        "data_sha256": sha256_of(data),
        "articles": number,
        "rounds": rounds,
        "processors": os.cpu_count(),
        "not_installed": missing,
        "systems": systems,
        "ours_faster_by": ratios,
        "rouge": rouge_difference(rouge_articles),
    }
    write_json(Path("reports/benchmarks/summarise.json"), report)
    write_text(Path("reports/benchmarks/summarise.md"), as_markdown(report))
    click.echo(as_markdown(report))


def as_markdown(report: dict[str, Any]) -> str:
    """The report for people."""
    lines = [
        f"{report['articles']} articles of the test split (SHA-256 `{report['data_sha256'][:12]}`), median of "
        f"{report['rounds']} rounds (least to most), all systems in turn, {report['processors']} processors.",
        "",
        "| way | articles/s | tokens/s | peak MB | ours is faster by |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, found in report["systems"].items():
        low, high = found["articles_per_second_range"]
        rate = f"{found['articles_per_second']:.2f} ({low:.2f}–{high:.2f})"
        ratio, beside = report["ours_faster_by"][name], "same tokens" if "GenAI" in name else "as shipped"
        least, most = ratio["range"]
        times = "" if name.startswith("ours") else f"{ratio['times']:.1f} ({least:.1f}–{most:.1f}), {beside}"
        lines.append(f"| {name} | {rate} | {found['tokens_per_second']:.0f} | {found['peak_mb']:.0f} | {times} |")
    rouge = report["rouge"]
    less = rouge["shipped_less_exact"]
    lines += [
        "",
        f"ROUGE-1 of the shipped engine less that of torch in float32, {rouge['articles']} articles: "
        f"{100 * less['value']:.2f} ({100 * less['low']:.2f} to {100 * less['high']:.2f}). Greedy drafts of both "
        f"engines in float32 are identical for {100 * rouge['greedy_drafts_identical_share']:.0f}%.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
