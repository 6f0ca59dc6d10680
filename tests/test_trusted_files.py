"""Files that code loads: what was planted or changed in them is refused by name, and nothing of it runs."""

import ast
import json
import pickle
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from hostile_pages import STORY
from small_run import ROOT
from tiny_models import save_llama, summarise_settings

from pipeline import load
from pipeline.cards import read_card, write_card
from pipeline.converting import convert, fingerprint, with_adapter
from pipeline.figures import FIGURES
from pipeline.grounding import WEIGHTS, weights_from
from pipeline.records import ModelError, StageError
from pipeline.summaries import Summariser


class Trap:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.fixture
def models(workspace, tmp_path):
    """The models of the small run, to be harmed."""
    shutil.copytree(workspace / "models", tmp_path / "models")
    return tmp_path / "models"


def change_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def link(path: Path) -> None:
    elsewhere = path.parent.parent / f"elsewhere-{path.name}"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


TOPICS = (
    "topics.safetensors",
    "words.txt",
    "model.safetensors",
    "tokenizer.json",
    "config.json",
    "encoder.xml",
    "encoder.bin",
)
SUMMARISER = (
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "config.json",
    "graph-int8.xml",
    "graph-int8.bin",
)
ALL = [("topics", name) for name in TOPICS] + [("summariser", name) for name in SUMMARISER]


@pytest.mark.parametrize("harm", [change_byte, link, Path.unlink])
@pytest.mark.parametrize(("folder", "name"), ALL)
def test_each_file_of_a_model_is_as_it_was_saved_or_refused(models, folder, name, harm):
    harm(models / folder / name)
    with pytest.raises(ModelError, match=name.replace(".", r"\.")):
        load(models).summariser  # noqa: B018


@pytest.mark.parametrize("name", ["model.pkl", "pytorch_model.bin", "adapter_model.bin", "modeling_llama.py", "sub"])
@pytest.mark.parametrize("folder", ["topics", "summariser"])
def test_a_planted_file_is_refused_and_not_loaded(models, folder, name, tmp_path):
    trapped = tmp_path / "trapped"
    (models / folder / name).write_bytes(pickle.dumps(Trap(trapped)))
    with pytest.raises(ModelError, match="is not part of the saved model"):
        load(models).summariser  # noqa: B018
    assert not trapped.exists()


@pytest.mark.parametrize("folder", ["topics", "summariser"])
def test_a_card_that_is_a_link_is_refused(models, folder):
    link(models / folder / "model.json")
    with pytest.raises(ModelError, match=r"it has no model\.json that is a regular file"):
        load(models).summariser  # noqa: B018


def sign_anew(folder: Path) -> None:
    """What an attacker does who may write the whole folder: the card is made to fit."""
    card = json.loads((folder / "model.json").read_text())
    (folder / "model.json").unlink()
    kept = {key: value for key, value in card.items() if key not in ("kind", "format", "files", "card_sha256")}
    write_card(folder, card["kind"], kept)


def test_a_pickle_in_the_place_of_weights_is_not_run(models, tmp_path):
    """Even under a card that fits."""
    trapped = tmp_path / "trapped"
    for folder, name in (("topics", "topics.safetensors"), ("summariser", "model.safetensors")):
        (models / folder / name).write_bytes(pickle.dumps(Trap(trapped)))
        sign_anew(models / folder)
    with pytest.raises(Exception, match="."):
        load(models)
    with pytest.raises(Exception, match="."):
        Summariser(models / "summariser", None).engine.generate([[1, 2]], None)  # type: ignore[arg-type]
    assert not trapped.exists()


def test_code_that_a_tokenizer_or_model_names_is_not_run(models, tmp_path):
    """`auto_map` asks transformers to import a module of the folder; without trust_remote_code it does not."""
    trapped = tmp_path / "trapped"
    (models / "summariser" / "evil.py").write_text(f"open({str(trapped)!r}, 'w')\nclass T: pass\n")
    for name, kind in (("config.json", "AutoConfig"), ("tokenizer_config.json", "AutoTokenizer")):
        path = models / "summariser" / name
        path.write_text(json.dumps(json.loads(path.read_text()) | {"auto_map": {kind: ["evil.T", None]}}))
    sign_anew(models / "summariser")
    with suppress(ValueError, OSError):
        Summariser(models / "summariser").tokenizer  # noqa: B018
    assert not trapped.exists()


def test_a_graph_loads_no_library_and_no_other_file(models):
    """OpenVINO's IR: an operation of an unknown set is refused; weights come from the .bin beside it alone."""
    import openvino

    graph = models / "summariser" / "graph-int8.xml"
    text = graph.read_text()
    graph.write_text(text.replace('version="opset1"', 'version="/tmp/evil.so"', 3))
    with pytest.raises(RuntimeError, match="opset"):
        openvino.Core().read_model(graph)
    doctype = '<!DOCTYPE net [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    graph.write_text(text.replace("<net ", f"{doctype}<net ", 1).replace('name="', 'name="&x;', 1))
    try:
        read = openvino.Core().read_model(graph)
    except RuntimeError:
        return
    assert "root:" not in "".join(node.get_friendly_name() for node in read.get_ops()) + read.get_friendly_name()


def adapter(folder: Path, model, name: str, content: bytes) -> Path:
    folder.mkdir()
    (folder / "adapter_config.json").write_text('{"peft_type": "LORA", "r": 2, "target_modules": ["q_proj"]}')
    (folder / name).write_bytes(content)
    write_card(folder, "adapter", {"base": "tiny", "base_sha256": fingerprint(model)})
    return folder


def test_an_adapter_of_pickled_weights_is_refused(tmp_path):
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(save_llama(tmp_path / "source"))
    trapped = tmp_path / "trapped"
    folder = adapter(tmp_path / "adapter", model, "adapter_model.bin", pickle.dumps(Trap(trapped)))
    with pytest.raises(StageError, match=r"lacks adapter_model\.safetensors: run `make adapt`"):
        with_adapter(model, folder)
    assert not trapped.exists()


@pytest.mark.parametrize("harm", [change_byte, link])
def test_an_adapter_that_was_changed_is_refused(tmp_path, harm):
    shutil.copytree(ROOT / "models" / "adapter", tmp_path / "models" / "adapter")
    harm(tmp_path / "models" / "adapter" / "adapter_model.safetensors")
    with pytest.raises(ModelError, match=r"adapter_model\.safetensors is not"):
        read_card(tmp_path / "models" / "adapter", "adapter", "adapt", ("base",))


def test_pickled_weights_of_a_summariser_are_refused(tmp_path):
    source = save_llama(tmp_path / "source")
    (source / "model.safetensors").unlink()
    trapped = tmp_path / "trapped"
    (source / "pytorch_model.bin").write_bytes(pickle.dumps(Trap(trapped)))
    (tmp_path / "out").mkdir()
    with pytest.raises(StageError, match="could not be loaded"):
        convert(summarise_settings(model=str(source)), tmp_path / "out")
    assert not trapped.exists()


SOUND = {"intercept": 0.5, "coefficients": dict.fromkeys(FIGURES, 0.1), "common_words": ["the"]}


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[]",
        "{}",
        json.dumps(SOUND | {"intercept": "a"}),
        json.dumps(SOUND | {"intercept": float("nan")}),
        json.dumps(SOUND | {"coefficients": SOUND["coefficients"] | {"pairs": float("inf")}}),
        json.dumps(SOUND | {"coefficients": SOUND["coefficients"] | {"other": 1.0}}),
        json.dumps(SOUND | {"common_words": [1]}),
    ],
)
def test_weights_of_grounding_are_numbers_for_its_figures_or_refused(text):
    assert weights_from(json.dumps(SOUND)).intercept == 0.5
    with pytest.raises(ModelError, match=WEIGHTS):
        weights_from(text)


def test_nothing_that_runs_what_it_loads_is_called():
    """No pickle, no code of a model's own, no shell, no YAML but the safe: asked of every call in the package."""
    for path in sorted((ROOT / "pipeline").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not names & {"pickle", "joblib", "dill", "marshal", "shelve", "cloudpickle"}, path
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            said = ast.unparse(call)
            assert ast.unparse(call.func) not in ("eval", "exec", "os.system", "torch.load", "compile"), (path, said)
            assert "trust_remote_code=True" not in said, path
            assert "shell=True" not in said, path
            assert "yaml.load(" not in said or "Loader=yaml.SafeLoader" in said, path


def test_what_is_planted_beside_the_models_is_not_used(models):
    (models / "sitecustomize.py").write_text("raise SystemExit")
    assert load(models).predict(STORY, summarise=False).article.text == STORY
