"""Fuzz one target in this process, guided by coverage: `python -m fuzzing.one TARGET [option of libFuzzer ...]`."""

import sys

import atheris

with atheris.instrument_imports(include=["pipeline"]):
    from fuzzing.targets import TARGETS

if __name__ == "__main__":
    program, target, *options = sys.argv
    atheris.Setup([program, *options], TARGETS[target])
    atheris.Fuzz()
