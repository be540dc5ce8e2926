# Two commands matter: `make book` to read, `make test` to trust. `make help` lists the rest.
# Needs Python >= 3.11 and make; everything else is installed into .venv. Another Python: make PYTHON=python3.13 book

PYTHON ?= python3
PORT   ?= 8000
BIN    := .venv/bin
PINS   := requirements.txt constraints.txt pyproject.toml scripts/environment.py

# Tiny networks: one thread is fastest, and the same thread count everywhere keeps the printed digits the same.
export OMP_NUM_THREADS := 1
export PYDEVD_DISABLE_FILE_VALIDATION := 1
# tests that run beside the others, on the second core, after the notebooks
BESIDE := tests/book/test_exercises.py tests/assignments tests/unit
# node may live in .venv/bin (scripts/environment.py); only these recipes look there, so that PYTHON stays the system's
WITH_NODE := PATH="$(CURDIR)/$(BIN):$$PATH"

.DEFAULT_GOAL := help
.PHONY: help book html test lab chapters slides bench assignments grade clean

help: ## show this list
	@echo "make <target>:"
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' Makefile | awk -F'|' '{ printf "  %-12s %s\n", $$1, $$2 }'

book: html ## build the book and serve it on http://localhost:8000
	@$(BIN)/python scripts/serve.py _build/html $(PORT)

html: .venv/.reader ## build the book into _build/html, without serving it
	@echo "· building the book"
	@$(BIN)/jupyter-book build book --quiet > _build.log 2>&1 || { cat _build.log; rm -f _build.log; exit 1; }
	@grep -E "WARNING|ERROR" _build.log || true; rm -f _build.log
	@echo "· done: open _build/html/index.html"

test: .venv/.test ## check everything: style, types, library, widgets, notebooks, book, browser
	@echo "· ruff"      && $(BIN)/ruff check --quiet .
	@echo "· mypy"      && $(BIN)/mypy --no-error-summary
	@echo "· pytest: widgets, book, browser; beside it the notebooks, of which every stored output must come out again, then"
	@echo "  the library, the assignments, and the exercises, which must refuse their stubs and accept their solutions"
	@( $(BIN)/python -m pytest -q -W default --nbval --nbval-sanitize-with tests/sanitize.cfg --nbval-cell-timeout=600 \
	       --nbval-current-env book; stored=$$?; \
	   MPLBACKEND=agg $(BIN)/python -m pytest -q $(BESIDE); exit $$((stored + $$?)) \
	 ) > _notebooks.log 2>&1 & notebooks=$$!; \
	$(WITH_NODE) MPLBACKEND=agg $(BIN)/python -m pytest -q --durations=8 $(addprefix --ignore=,$(BESIDE)); tests=$$?; \
	wait $$notebooks; beside=$$?; tail -n 60 _notebooks.log; rm -f _notebooks.log; exit $$((tests + beside))
	@echo "· all tests passed"

lab: .venv/.reader ## open the chapters in JupyterLab
	@$(BIN)/jupyter lab --notebook-dir=book

chapters: .venv/.reader ## run the notebooks again and store their outputs (ONLY="book/edge.ipynb" for one)
	@$(BIN)/python scripts/chapters.py $(ONLY)

slides: .venv/.reader ## every chapter's figures into _build/slides (RUN="--run --format svg" draws again; ONLY as above)
	@$(BIN)/python scripts/slides.py $(RUN) $(ONLY)

bench: .venv/.test ## time the widget's engine and the library, the short tables first; took 66 minutes
	@$(WITH_NODE) node widgets/bench.mjs
	@for script in memory sweep sharpness; do $(BIN)/python benchmarks/$$script.py || exit 1; done

assignments: .venv/.reader ## build notebooks, solutions and Gradescope zips into _build/assignments
	@$(BIN)/python -m classroom build

grade: .venv/.reader ## grade a folder of notebooks, offline: make grade DIR=submissions
	@if [ -z "$(DIR)" ]; then echo "Name the folder with the submissions: make grade DIR=submissions"; exit 2; fi
	@$(BIN)/python -m classroom grade "$(DIR)"

clean: ## remove everything built (delete .venv by hand to start from nothing)
	@rm -rf _build _build.log _notebooks.log .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

HAVE_PYTHON = command -v $(PYTHON) > /dev/null || { \
    echo "$(PYTHON) not found. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3"; exit 1; }

.venv/.reader: $(PINS)
	@$(HAVE_PYTHON)
	@$(PYTHON) scripts/environment.py
	@touch $@

.venv/.test: $(PINS)
	@$(HAVE_PYTHON)
	@$(PYTHON) scripts/environment.py --test
	@touch .venv/.reader $@
