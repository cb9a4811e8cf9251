# Each target only calls glassbox.py, which also works where there is no make.
#   make run WITH=gemma-3-270m
#   make test ARGS='-m "not weights and not browser"'      make weights TEXTS=folder      make evaluate MODEL=gemma-3-270m
PYTHON ?= python3

.PHONY: run add list remove test families check fix weights evaluate catalogue pictures

run:
	$(PYTHON) glassbox.py run $(if $(WITH),--with $(WITH)) $(ARGS)

add remove:
	$(PYTHON) glassbox.py $@ $(WITH) $(ARGS)

test:
	$(PYTHON) glassbox.py $@ $(if $(WITH),--with $(WITH)) $(ARGS)

list families check fix catalogue pictures:
	$(PYTHON) glassbox.py $@ $(ARGS)

weights:
	$(PYTHON) glassbox.py $@ --texts "$(TEXTS)" $(ARGS)

evaluate:
	$(PYTHON) glassbox.py $@ $(if $(TEXTS),--texts "$(TEXTS)") $(MODEL) $(ARGS)
