"""Stage `adapt`: an adapter (LoRA, Hu et al. 2021) that teaches the pretrained summariser to keep to the article."""

import hashlib
import json
import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from pydantic import Field

from pipeline.articles import LabelledArticle, read_articles
from pipeline.cards import write_card
from pipeline.converting import fingerprint, load_pretrained
from pipeline.files import new_folder, sha256_of, write_json
from pipeline.grounding import Grounder
from pipeline.pairs import Pair, read_pairs
from pipeline.params import Settings, read_settings
from pipeline.precision import computes_in_bfloat16
from pipeline.prompting import COUNTS, Prompts
from pipeline.records import Article, StageError
from pipeline.scores import Rouge
from pipeline.sentences import is_closed, split_sentences
from pipeline.summary_settings import SummariseSettings

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


CHECKED = ("eval_rouge1", "eval_grounding", "eval_score")


class AdaptSettings(Settings):
    """Block `adapt` of params.yaml."""

    rank: int = Field(ge=1, description="of the two matrices that are added to each linear layer")
    learning_rate: float = Field(gt=0)
    passes: float = Field(gt=0, description="over the training pairs")
    batch: int = Field(ge=1, description="pairs a step")
    headlines: int = Field(ge=0, description="training articles whose title is learnt as their headline")
    validation_articles: int = Field(ge=1, description="summarised at each check")
    checks: int = Field(ge=1, description="how often that is done")
    patience: int = Field(ge=1, description="checks without a better score after which it stops")
    seed: int


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids of a request and of the answer to learn."""

    prompt: list[int]
    answer: list[int]


def examples(
    articles: Sequence[LabelledArticle],
    pairs: Sequence[Pair],
    tokenizer: "PreTrainedTokenizerBase",
    causal: bool,
    summarise: SummariseSettings,
) -> list[Example]:
    """What is learnt: articles as `predict` shows them, each with as much of its summary as the shown part supports.

    A summary of a long article may tell what stands beyond the budget; learning it would teach invention.
    """
    known = {article.id: article.article for article in articles}
    found = []
    for pair in pairs:
        if pair.id not in known:
            continue
        article = known[pair.id]
        shown = Prompts(tokenizer, causal, summarise).shown(article)
        kept = supported_start(shown, pair.summary)
        if kept:
            found.append(_example(article, kept, tokenizer, causal, summarise, "brief"))
    return found


def supported_start(shown: str, summary: str) -> list[str]:
    """The sentences of a summary, up to the first with a name, number or quotation that the shown text lacks.

    >>> supported_start("The ferry sank on Sunday.", "The ferry sank. It carried 90 people. It was Sunday.")
    ['The ferry sank.']
    """
    grounder = Grounder(shown)
    kept: list[str] = []
    for sentence in split_sentences(summary)[: max(COUNTS)]:
        if grounder.evidence.unsupported(sentence) or not is_closed(sentence):
            break
        kept.append(sentence)
    return kept


def headlines(
    articles: Sequence[LabelledArticle],
    tokenizer: "PreTrainedTokenizerBase",
    causal: bool,
    summarise: SummariseSettings,
) -> list[Example]:
    """Titles to learn as headlines of the text below them."""
    return [
        _example(article.article, [article.title], tokenizer, causal, summarise, "headline")
        for article in articles
        if article.title and not Grounder(article.article.text).evidence.unsupported(article.title)
    ]


def _example(
    article: Article,
    sentences: list[str],
    tokenizer: "PreTrainedTokenizerBase",
    causal: bool,
    summarise: SummariseSettings,
    style: str,
) -> Example:
    asked = summarise.model_copy(update={"sentences": len(sentences), "style": style})
    prompt, _ = Prompts(tokenizer, causal, asked).prompt(article)
    answer: list[int] = tokenizer(" ".join(sentences), add_special_tokens=False)["input_ids"]
    return Example(prompt, [*answer, int(tokenizer.eos_token_id)])


def adapt(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    learnt: Sequence[Example],
    judge: "Judge",
    settings: AdaptSettings,
    work: Path,
) -> tuple[Any, list[dict[str, float]]]:
    """The model with an adapter trained inside it, at the weights of the best check; and all checks.

    The loss is that of the answer's tokens alone. Checkpoints go to `work`; a run that was killed goes on from there.
    """
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import DataCollatorForSeq2Seq, EarlyStoppingCallback, TrainingArguments

    causal = not model.config.is_encoder_decoder
    torch.manual_seed(settings.seed)
    kind = "CAUSAL_LM" if causal else "SEQ_2_SEQ_LM"
    lora = LoraConfig(r=settings.rank, lora_alpha=2 * settings.rank, target_modules="all-linear", task_type=kind)
    adapted = get_peft_model(model, lora)
    steps = math.ceil(len(learnt) * settings.passes / settings.batch)
    every = max(1, steps // settings.checks)
    arguments = TrainingArguments(
        output_dir=str(work),
        max_steps=steps,
        per_device_train_batch_size=1,
        gradient_accumulation_steps=settings.batch,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=min(10, steps // 10),
        eval_strategy="steps",
        eval_steps=every,
        save_steps=every,
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="score",
        greater_is_better=True,
        logging_steps=10,
        report_to=[],
        seed=settings.seed,
        bf16=computes_in_bfloat16(),
        use_cpu=not torch.cuda.is_available(),
        dataloader_pin_memory=False,
    )
    trainer = _trainer_class()(
        model=adapted,
        args=arguments,
        train_dataset=[_features(example, causal) for example in learnt],
        eval_dataset=judge.cases,
        data_collator=DataCollatorForSeq2Seq(tokenizer, model=model),
        callbacks=[EarlyStoppingCallback(early_stopping_patience=settings.patience)],
    )
    trainer.judge = judge
    trainer.train(resume_from_checkpoint=any(work.glob("checkpoint-*")))
    checks = [row for row in trainer.state.log_history if "eval_score" in row]
    return adapted, [{name: round(row[name], 4) for name in ("step", *CHECKED)} for row in checks]


def _features(example: Example, causal: bool) -> dict[str, list[int]]:
    if not causal:
        return {"input_ids": example.prompt, "labels": example.answer}
    ids = example.prompt + example.answer
    return {"input_ids": ids, "labels": [-100] * len(example.prompt) + example.answer}


def _trainer_class() -> Any:
    """A Trainer whose evaluation writes summaries instead of computing a loss."""
    from torch.nn.functional import cross_entropy
    from transformers import Trainer

    class SummaryTrainer(Trainer):  # type: ignore[misc]
        judge: "Judge"
        control: Any

        def compute_loss(self, model: Any, inputs: dict[str, Any], *rest: Any, num_items_in_batch: Any = None) -> Any:
            """For a causal model the scores of the answer's tokens alone: a quarter of the time is theirs."""
            if self.model.config.is_encoder_decoder:
                return super().compute_loss(model, inputs, *rest, num_items_in_batch=num_items_in_batch)
            labels = inputs.pop("labels")[0]
            answer = labels[labels != -100]
            logits = model(**inputs, logits_to_keep=len(answer) + 1).logits[0, :-1]
            return cross_entropy(logits.float(), answer, reduction="sum") / num_items_in_batch

        def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
            scores = {f"eval_{name}": value for name, value in self.judge.check(self.model).items()}
            self.log(scores)
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, scores)
            return scores

    return SummaryTrainer


class Judge:
    """Summaries of validation articles, written greedily, against their references and against the articles."""

    def __init__(
        self,
        articles: Sequence[LabelledArticle],
        references: dict[str, str],
        tokenizer: "PreTrainedTokenizerBase",
        causal: bool,
        summarise: SummariseSettings,
    ) -> None:
        self.prompts = Prompts(tokenizer, causal, summarise)
        self.cases = [(article.article, references[article.id]) for article in articles if article.id in references]
        self.write_tokens = summarise.write_tokens
        self._rouge = Rouge()

    def check(self, model: Any) -> dict[str, float]:
        """Mean ROUGE-1 and grounding, 0-1, of the model as it is, and their mean: the score to stop by."""
        import torch

        rouge = grounding = 0.0
        model.eval()
        for article, reference in self.cases:
            prompt, _ = self.prompts.prompt(article)
            with torch.inference_mode():
                output = model.generate(
                    input_ids=torch.tensor([prompt], device=model.device),
                    max_new_tokens=self.write_tokens,
                    do_sample=False,
                )
            written = output[0, len(prompt) :] if self.prompts.causal else output[0]
            summary = self.prompts.tokenizer.decode(written, skip_special_tokens=True)
            rouge += self._rouge.score(split_sentences(reference), split_sentences(summary))["rouge1"]
            grounding += Grounder(article.whole).check(summary).score
        model.train()
        scores = {"rouge1": rouge / len(self.cases), "grounding": grounding / len(self.cases)}
        scores["score"] = (scores["rouge1"] + scores["grounding"]) / 2
        return scores


def save_adapter(model: Any, folder: Path, base: str) -> None:
    """Write an adapter in half precision, without its maker's paths."""
    model.half().save_pretrained(folder, save_embedding_layers=False)
    folder.joinpath("README.md").unlink(missing_ok=True)
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    targets = sorted(config["target_modules"])  # peft keeps them in a set, whose order differs from run to run
    write_json(path, {**config, "base_model_name_or_path": base, "target_modules": targets})


@click.command()
@click.argument("articles", type=click.Path(path_type=Path))
@click.argument("pairs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--references", required=True, type=click.Path(path_type=Path), help="Summaries to compare with.")
@click.option("--corpus", required=True, type=click.Path(path_type=Path), help="The articles' files, TOPIC/NAME.txt.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the adapter.")
@click.option(
    "--params",
    default="params.yaml",
    type=click.Path(path_type=Path),
    show_default=True,
    help="Settings: blocks adapt and summarise.",
)
def command(articles: Path, pairs: tuple[Path, ...], references: Path, corpus: Path, out: Path, params: Path) -> None:
    """Teach the summariser to shorten what articles say, as a small adapter.

    Reads clean ARTICLES and PAIRS, files of summaries by article id. What it makes is committed, so `dvc repro` leaves
    it alone; `make adapt` makes it again, in about an hour on two cores.

    \b
    Example:
      make adapt
    """
    settings = read_settings(params, "adapt", AdaptSettings)
    summarise = read_settings(params, "summarise", SummariseSettings).model_copy(update={"adapter": None})
    tokenizer, model = load_pretrained(summarise.model)
    causal = not model.config.is_encoder_decoder
    base = fingerprint(model)
    train = read_articles(articles, "train")
    written = [pair for path in pairs for pair in read_pairs(path, corpus)]
    learnt = examples(train, written, tokenizer, causal, summarise)
    learnt += headlines(train[: settings.headlines], tokenizer, causal, summarise)
    if not learnt:
        raise StageError(f"none of {len(written)} summaries belongs to one of {len(train)} training articles")
    compared = {pair.id: pair.summary for pair in read_pairs(references)}
    chosen = [article for article in read_articles(articles, "validation") if article.id in compared]
    if not chosen:
        raise StageError(
            f"{references} has no summary of a validation article: add some, or raise clean.validation_share"
        )
    chosen = sorted(chosen, key=lambda article: hashlib.sha256(article.id.encode()).digest())
    judge = Judge(chosen[: settings.validation_articles], compared, tokenizer, causal, summarise)
    facts = {
        "base": summarise.model,
        "base_sha256": base,
        "examples": len(learnt),
        "examples_sha256": {str(path): sha256_of(path) for path in pairs},
        "articles_sha256": sha256_of(articles),
        "settings": settings.model_dump(),
    }
    # Named by what is learnt, so that a run goes on only from its own checkpoints
    work = out.with_name(f".{out.name}-{hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]}")
    adapted, checks = adapt(model, tokenizer, learnt, judge, settings, work)
    with new_folder(out) as folder:
        save_adapter(adapted, folder, summarise.model)
        write_card(folder, "adapter", facts | {"checks": checks})
    shutil.rmtree(work, ignore_errors=True)
