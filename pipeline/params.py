"""`params.yaml`, one validated record per stage."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.records import StageError


class Settings(BaseModel):
    """Base of every stage's settings: frozen, and an unknown or missing key is refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")


S = TypeVar("S", bound=Settings)


def read_settings(path: Path, block: str, record: type[S]) -> S:
    """The settings of one stage: the block of that name in a params file.

    Raises StageError that names the file, the key and what was expected.
    """
    if not path.is_file():
        raise StageError(f"{path} not found: run from the folder that holds params.yaml, or name it with --params")
    try:
        blocks = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise StageError(f"{path} is not YAML: {error}") from error
    if not isinstance(blocks, dict) or block not in blocks:
        raise StageError(f"{path} has no block '{block}': add it, as params.yaml of the repository has it")
    try:
        return record.model_validate(blocks[block])
    except ValidationError as error:
        faults = "; ".join(
            f"{block}.{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()
        )
        known = ", ".join(record.model_fields)
        raise StageError(f"{path}: {faults} (known keys of {block}: {known})") from error
