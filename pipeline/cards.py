"""`model.json` beside each saved model: what it is, for people, and the hashes that show it is whole."""

import hashlib
import json
from pathlib import Path
from typing import Any

from pipeline.files import sha256_of, write_json
from pipeline.records import ModelError

CARD = "model.json"
# Raised when a saved folder can no longer be read by the code that comes with it.
FORMAT = 1


def write_card(folder: Path, kind: str, facts: dict[str, Any]) -> None:
    """Write `model.json` into a folder that holds all of a model's files."""
    files = {path.name: sha256_of(path) for path in sorted(folder.iterdir())}
    card = {"kind": kind, "format": FORMAT, **facts, "files": files}
    write_json(folder / CARD, {**card, "card_sha256": _digest(card)})


def _digest(card: dict[str, Any]) -> str:
    """The SHA-256 of a card's content but for the digest itself."""
    content = {key: value for key, value in card.items() if key != "card_sha256"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def read_card(folder: Path, kind: str, stage: str, needs: tuple[str, ...]) -> dict[str, Any]:
    """The card of a saved model whose files are all as they were saved.

    Raises ModelError that names the folder, what is wrong, and the stage that makes it again.
    """
    again = f"run `dvc repro {stage}`"
    path = folder / CARD
    if not path.is_file() or path.is_symlink():
        found = "no such folder" if not folder.is_dir() else f"it has no {CARD} that is a regular file"
        raise ModelError(f"{folder} is no saved model ({found}): {again}")
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is not JSON ({error}): {again}") from error
    if not isinstance(card, dict) or card.get("kind") != kind or not isinstance(card.get("files"), dict):
        raise ModelError(f"{path} does not describe a {kind} model: {again}")
    if card.get("format") != FORMAT:
        raise ModelError(f"{folder} was saved in format {card.get('format')}, this version reads {FORMAT}: {again}")
    lacking = [key for key in needs if key not in card]
    if lacking or card.get("card_sha256") != _digest(card):
        fault = f"it lacks {', '.join(lacking)}" if lacking else "its SHA-256 differs"
        raise ModelError(f"{path} is not as it was saved ({fault}): {again}")
    _check_files(folder, card["files"], again)
    return card


def _check_files(folder: Path, hashes: dict[str, str], again: str) -> None:
    found = {path.name for path in folder.iterdir()} - {CARD}
    for name in sorted(found | set(hashes)):
        path = folder / name
        if name not in found:
            raise ModelError(f"{path} is missing: {again}")
        if name not in hashes:
            raise ModelError(f"{path} is not part of the saved model: remove it, or {again}")
        if path.is_symlink() or not path.is_file():
            raise ModelError(f"{path} is not a regular file: {again}")
        if sha256_of(path) != hashes[name]:
            raise ModelError(f"{path} is not as it was saved (its SHA-256 differs): {again}")
