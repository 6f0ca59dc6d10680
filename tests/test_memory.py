"""Out of memory: a batch is halved and tried again, and the page that does not fit alone is named."""

from functools import partial

import pytest
from test_summaries import Counting

from pipeline import load
from pipeline.articles import SummarisedArticle
from pipeline.memory import is_out_of_memory, running
from pipeline.reading import read_pages
from pipeline.records import ArticleError, ModelError, StageError
from pipeline.summarising import summarised
from pipeline.summary_cache import SummaryCache

# What Python and numpy, torch on a GPU and without one, and OpenVINO say.
ERRORS = [
    MemoryError(),
    RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 7.79 GiB"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried"),
    RuntimeError("Exception from src/inference/src/cpp/infer_request.cpp:224:\nstd::bad_alloc"),
    RuntimeError("[CPU] Softmax node with name '__module.base.layers.0.self_attn/aten::softmax/Softmax' can't alloc"),
    RuntimeError("Check 'ptr' failed at src/plugins/intel_cpu/src/cpu_memory.cpp:257:\nFailed to allocate 62 bytes"),
]


class Small(Counting):
    """An engine for which memory ends above so many prompts, or at a certain one."""

    def __init__(self, engine, error, most=1000, never=None) -> None:
        super().__init__(engine)
        self.error, self.most, self.never = error, most, never

    def generate(self, prompts, drafting):
        if len(prompts) > self.most or self.never in prompts:
            raise self.error
        return super().generate(prompts, drafting)


@pytest.fixture(scope="module")
def pages():
    found = [page.text for page in read_pages("seeds/articles")][:20]
    return [*found, "Menu", found[0]]


@pytest.fixture
def small(workspace):
    """A predictor with models of its own, whose engine can be made small."""
    predictor = load(workspace / "models")

    def made_small(error, **limits):
        predictor.summariser.engine = Small(predictor.summariser.engine, error, **limits)
        return predictor

    return made_small


@pytest.mark.parametrize("error", ERRORS, ids=str)
def test_a_batch_that_does_not_fit_is_answered_in_halves_to_the_same_bytes(predictor, small, pages, error):
    expected = list(predictor.predict_many(pages))
    assert list(small(error, most=3).predict_many(pages)) == expected


def prompt_of(predictor, page):
    return predictor.summariser.prompts.prompt(predictor.predict(page, summarise=False).article)[0]


def test_a_page_that_does_not_fit_alone_is_named_and_the_others_are_answered(predictor, small, pages, tmp_path):
    expected = list(predictor.predict_many(pages))
    failing = small(MemoryError("9 GiB"), never=prompt_of(predictor, pages[7]))
    failing.summariser.cache = SummaryCache(tmp_path / "cache.sqlite")
    found = list(failing.predict_many(pages))
    assert found[7].error == ("not enough memory for this page alone (9 GiB): free some, or shorten it, and ask again")
    assert found[:7] + found[8:] == expected[:7] + expected[8:]
    with pytest.raises(ArticleError, match="not enough memory"):
        failing.predict(pages[7])
    failing.summariser.engine = failing.summariser.engine.engine  # with memory enough: no failure was kept
    assert list(failing.predict_many(pages)) == expected


def test_where_no_page_fits_the_run_stops_so_that_it_can_be_gone_on_with(small, pages):
    """Else a folder of shards would be full of errors, and complete."""
    with pytest.raises(StageError, match=r"not enough memory for any of 21 pages, even alone \(MemoryError\)"):
        list(small(MemoryError(), most=0).predict_many(pages))


def test_large_pages_that_do_not_fit_are_named_and_stop_no_run(small, pages):
    large = [f"{page}\n\n{page * (20_000 // len(page) + 1)}" for page in pages[:2]]
    found = list(small(MemoryError(), most=0).predict_many([*large, ""]))
    assert [answer.error.split(":")[0] for answer in found] == [
        *["not enough memory for this page alone (MemoryError)"] * 2,
        "no article",
    ]


def test_the_encoder_runs_out_of_memory_and_evidence_too(predictor, small, pages, monkeypatch):
    expected = list(predictor.predict_many(pages, summarise=False))
    encoder = predictor.topics.classifier.loaded_encoder()
    real = encoder._embed

    def embed(most, texts):
        if len(texts) > most:
            raise MemoryError
        return real(texts)

    monkeypatch.setattr(encoder, "_embed", partial(embed, 2))
    assert list(predictor.predict_many(pages, summarise=False)) == expected
    explained = predictor.predict_many(pages[:1], summarise=False, explain=True)
    assert "not enough memory" in next(explained).error  # evidence asks for all sentences together


def test_other_errors_are_not_swallowed(small, pages):
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        list(small(RuntimeError("mat1 and mat2 shapes cannot be multiplied"), most=3).predict_many(pages))
    assert not is_out_of_memory(ModelError("models/topics cannot be read as a sentence encoder: std::bad_alloc"))


def test_a_model_that_fails_for_another_cause_is_named(tmp_path):
    named = pytest.raises(ModelError, match=r"graph.xml could not be run \(std::future_error: Broken promise\)")
    with named, running(tmp_path / "graph.xml"):
        raise RuntimeError("std::future_error:\nBroken promise")
    with pytest.raises(MemoryError), running(tmp_path):
        raise MemoryError


def test_the_stage_halves_too_and_names_the_article_that_does_not_fit(predictor, small, pages):
    rows = [
        SummarisedArticle(f"sport/{number}", "whole", None, page, "", None, None, None, None, [])
        for number, page in enumerate(pages[:6])
    ]
    expected = list(summarised(predictor.summariser, rows))
    assert list(summarised(small(MemoryError(), most=2).summariser, rows)) == expected
    failing = small(MemoryError(), never=prompt_of(predictor, pages[4])).summariser
    with pytest.raises(StageError, match="sport/4: not enough memory to summarise it alone"):
        list(summarised(failing, rows))


def test_a_model_that_goes_away_is_named(workspace, tmp_path):
    import shutil

    for engine, gone in (("openvino", "graph-int8.xml"), ("torch", "model.safetensors")):
        folder = shutil.copytree(workspace / "models", tmp_path / engine)
        predictor = load(folder, engine=engine)
        assert predictor.summariser.card
        (folder / "summariser" / gone).unlink()
        with pytest.raises(ModelError, match=r"summariser.* could not be loaded .*run `dvc repro convert`"):
            predictor.predict(next(read_pages("seeds/articles")).text)
