# `make repro` and `make test` need Python 3.11 or newer, pip and make; they set up .venv by themselves.
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: repro test verify ground screen adapt notebooks readme sample bench fuzz lock clean

# DVC that is killed while it writes its list of locks leaves it empty, and then does not start any more.
repro: .venv/installed
	@[ -s .dvc/tmp/rwlock ] || rm -f .dvc/tmp/rwlock
	dvc repro
	@echo "Report: $(CURDIR)/reports/index.html"

test: .venv/installed
	ruff format --check .
	ruff check .
	mypy
	pytest -q

# What can only be checked on the outputs of `make repro`.
verify: .venv/installed
	pytest -q tests/after_repro

# The stages whose outputs are committed; `dvc repro` leaves them alone. `adapt` takes about an hour on two cores.
# dvc writes dvc.yaml anew to unfreeze a stage, without its layout: it is put back as it was, whatever happens.
ground screen adapt: .venv/installed
	mkdir -p .dvc/tmp && cp dvc.yaml .dvc/tmp/dvc.yaml
	trap 'mv .dvc/tmp/dvc.yaml dvc.yaml' EXIT; dvc unfreeze $@ && dvc repro $@

# Run after a change of results, and commit: notebooks with their output, README with its tables and examples.
notebooks: .venv/installed
	python docs/run_notebooks.py

readme: .venv/installed
	python docs/write_readme.py

# The report on texts of seeds/ alone, and its picture.
sample: .venv/installed
	python docs/write_sample_report.py

# Seconds of each stage; summaries beside other ways to run the model; workers of Ray; topics beside other classifiers, on sets that it fetches; and with DATA=folder, cleaning beside other extractors, on a
# folder of *.jsonl.gz with `id`, `html` and `gold_text` a line.
bench: .venv/installed
	.venv/bin/python -m pip install -q -c requirements.lock $$(.venv/bin/python -c \
		"import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['bench'])")
	$(if $(DATA),python benchmarks/cleaning.py $(DATA))
	python benchmarks/stages.py
	python benchmarks/summarise.py
	python benchmarks/scaling.py
	python benchmarks/topics.py

# What holds for any bytes, tried for ten minutes (or SECONDS=60 make fuzz); Linux, for the fuzzer's sake.
fuzz: .venv/installed
	.venv/bin/python -m pip install -q -c requirements.lock $$(.venv/bin/python -c \
		"import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['fuzz'])")
	python -m fuzzing

lock: .venv/installed
	pip-compile -q --extra dev --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-header \
		--output-file requirements.lock pyproject.toml
	sed -i 's/^\(torch==[0-9.]*\)+cpu/\1/' requirements.lock

.venv/installed: requirements.lock
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install -q -r requirements.lock
	.venv/bin/python -m pip install -q --no-deps --no-build-isolation -e .
	touch $@

clean:
	rm -rf .venv
