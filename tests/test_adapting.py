"""Adapters: any family learns, and what is saved fits the model that it was trained on alone."""

import pytest
from tiny_models import save_bart, save_llama, save_t5, summarise_settings

from pipeline.adapting import AdaptSettings, Judge, adapt, examples, save_adapter
from pipeline.articles import LabelledArticle
from pipeline.cards import write_card
from pipeline.converting import fingerprint, load_pretrained, with_adapter
from pipeline.pairs import Pair
from pipeline.records import StageError

ARTICLE = LabelledArticle(
    "sport/1", "sport", "train", "Ferry", ["The white ferry left on Sunday. It rained on the quay."]
)
SETTINGS = AdaptSettings(
    rank=2, learning_rate=0.01, passes=4, batch=1, headlines=0, validation_articles=1, checks=1, patience=1, seed=0
)


@pytest.mark.parametrize("save", [save_bart, save_t5, save_llama])
def test_each_family_learns(tmp_path, save):
    tokenizer, model = load_pretrained(str(save(tmp_path / "model")))
    causal, summarise = not model.config.is_encoder_decoder, summarise_settings()
    base = fingerprint(model)
    learnt = examples(
        [ARTICLE], [Pair("sport/1", "The ferry left on Sunday. It carried 90 people.")], tokenizer, causal, summarise
    )
    assert len(learnt) == 1
    assert "90" not in tokenizer.decode(learnt[0].answer)
    judge = Judge([ARTICLE], {"sport/1": "The ferry left."}, tokenizer, causal, summarise)
    adapted, checks = adapt(model, tokenizer, learnt, judge, SETTINGS, tmp_path / "work")
    assert checks[-1]["step"] == 4
    folder = tmp_path / "adapter"
    save_adapter(adapted, folder, "model")
    write_card(folder, "adapter", {"base": "model", "base_sha256": base})
    _, fresh = load_pretrained(str(tmp_path / "model"))
    assert fingerprint(with_adapter(fresh, folder)) != base
    _, other = load_pretrained(
        str(save_llama(tmp_path / "other", chat=False) if save is not save_llama else save_bart(tmp_path / "other"))
    )
    with pytest.raises(StageError, match="was made for model, and this is another model"):
        with_adapter(other, folder)
