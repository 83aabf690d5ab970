# One command each. No make yet? `sh deploy/bootstrap.sh demo` does the same as `make demo`.
.PHONY: demo test test-fast coverage check help bench chaos pictures lock format wheel clean
.DEFAULT_GOAL := help

help:   ## this list
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

demo:   ## send the sample edition to 300 readers in three languages, in a store of its own
	@sh deploy/bootstrap.sh demo $(ARGS)

test:   ## everything that must hold; installs what the tests need
	@sh deploy/bootstrap.sh test $(ARGS)

test-fast: ## the unit tests alone, on all cores; needs nothing but Python
	@sh deploy/bootstrap.sh test-fast $(ARGS)

coverage: ## run all tests, and tell which branches of the code none of them takes
	@sh deploy/bootstrap.sh coverage $(ARGS)

check:  ## ruff, mypy, import-linter, and whether the documentation is in step with the code
	@sh deploy/bootstrap.sh check

bench:  ## measure, and print ratios
	@sh deploy/bootstrap.sh bench $(ARGS)

chaos:  ## kill every process of the service, again and again, while a campaign is sent
	@sh deploy/bootstrap.sh chaos $(ARGS)

pictures: ## take the pictures of the console that the README shows, from the running demonstration
	@sh deploy/bootstrap.sh pictures

format: ## let ruff put the code in shape
	@sh deploy/bootstrap.sh format

lock:   ## resolve the dependencies anew and write the locked lists
	@sh deploy/bootstrap.sh lock

wheel:  ## build dist/mailer-VERSION-py3-none-any.whl, and the source archive that it is built from
	@sh deploy/bootstrap.sh wheel

clean:  ## remove what make made (never a data directory)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info build dist .coverage
