# Each target only calls glassbox.py, which also works where there is no make.
#   make test ARGS='-m "not weights and not browser"'      make weights TEXTS=folder
PYTHON ?= python3

.PHONY: run test families check fix weights evaluate catalogue pictures

run test families check fix catalogue pictures:
	$(PYTHON) glassbox.py $@ $(ARGS)

weights evaluate:
	$(PYTHON) glassbox.py $@ --texts "$(TEXTS)" $(ARGS)
