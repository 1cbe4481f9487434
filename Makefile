# Every command of the project. `make help` lists them.
#
# ENV    local | dev | staging | prod   the environment (synth, cost: prod when not given; the others want it named)
# PHASE  0 to 4, or account             what to deploy, diff, roll back or destroy; all phases when not given
# PORT   the port of `make up` (8080; another is taken when it is in use)
# STATE  the folder of a local run's data; each checkout and user has one of its own
# ONLY   comma-separated parts of `make test`, such as ONLY=functions,stacks

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

export NEXT_TELEMETRY_DISABLED := 1
export CDK_DISABLE_CLI_TELEMETRY := 1

GO_PLATFORM := $(shell go env GOOS)-$(shell go env GOARCH)
ENV ?= prod
STATE ?= /var/tmp/miyabi-$(shell id -un)-$(shell printf %s "$(CURDIR)" | git hash-object --stdin | cut -c1-12)
PORT ?= 8080
ASSEMBLY ?= .build/assembly/$(ENV)
# Functions run on Arm at AWS, and on what this machine is in a local run.
PLATFORM := $(if $(filter local,$(ENV)),$(GO_PLATFORM),linux-arm64)

NPM_CI := --no-audit --no-fund --loglevel=error
FUNCTIONS := api auth hook migrate sweep
FUNCTION_INPUTS := -in functions -in migrations -in docs/api -in go.mod -in go.sum
INFRA_INPUTS := -in infra -skip infra/local -skip infra/deploy -skip infra/background -in stacks -in migrations/hash.go -in go.mod -in go.sum
DEPLOY_INPUTS := -in infra/deploy -in infra/policy/policyreport -in infra/background -in infra/environment -in migrations/hash.go -in infra/local/rds -in infra/local/process -in infra/local/jsonfile -in go.mod -in go.sum
LOCAL_INPUTS := -in infra/local -in infra/background -in go.mod -in go.sum

.PHONY: help
help: ## list the commands
	@echo "Miyabi Society platform. Start with:  make up"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

# --- run -------------------------------------------------------------------------------------------------------------

.PHONY: up
up: need-postgresql assembly-local bin/local ## run the whole system on this machine; RESET=1 starts with empty data
	@bin/local up --assembly .build/assembly/local --state "$(STATE)" --port $(PORT) $(if $(RESET),--reset)

# Builds the functions without stripping them, so that an unchanged one is not linked again; a changed openapi.yaml first
# generates what is made from it.
DEV_BUILD := bin/fresh -stamp .build/openapi.stamp -in docs/api/openapi.yaml -out functions/internal/httpapi/document.json -- sh -c "go generate ./functions/internal/httpapi && npm --prefix frontend run --silent generate" && \
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags lambda.norpc -o .build/dev/ $(addprefix ./functions/,$(FUNCTIONS))

.PHONY: dev
dev: need-postgresql frontend/node_modules/.stamp assembly-local bin/local ## run it and follow every change of the sources
	@mkdir -p .build/dev
	@exec bin/local dev --assembly .build/assembly/local --state "$(STATE)" --port $(PORT) --build '$(DEV_BUILD)' --binaries .build/dev \
		--deployed .build/functions/$(GO_PLATFORM) --watch functions,migrations,docs/api,go.mod --restart stacks,infra,cdk.json \
		--pages 'exec npm --prefix frontend run --silent dev -- --hostname 127.0.0.1'

.PHONY: seed
seed: ## fill the running system with a demo organization and two weeks of its work
	@go run ./functions/seed -state "$(STATE)"

.PHONY: url
url: bin/local ## print the address of the running system
	@bin/local url --state "$(STATE)"

.PHONY: logs
logs: bin/local ## follow the log of the running system
	@bin/local logs --state "$(STATE)"

.PHONY: down
down: bin/local ## stop the running system; its data stays
	@bin/local down --state "$(STATE)"

# --- prove -----------------------------------------------------------------------------------------------------------

# Only these parts of the tests need the emulated account's Python packages and cfn-lint.
COMMA := ,
TEST_PYTHON := $(if $(ONLY),$(if $(filter cloud phases templates,$(subst $(COMMA), ,$(ONLY))),python),python)

.PHONY: test
test: need-postgresql need-chromium node_modules/.stamp build-all $(TEST_PYTHON) ## run every test that needs no AWS account; ONLY=part,part runs some
	@bin/suite -only "$(ONLY)"

.PHONY: lint
lint: frontend/node_modules/.stamp ## check the style of all sources
	@echo "golangci-lint"
	@cd tools && go build -o ../bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@for module in . tools tests; do (cd $$module && "$(CURDIR)/bin/golangci-lint" run --config "$(CURDIR)/.golangci.yml" ./...) || exit 1; done
	@echo "dashboard"
	@npm --prefix frontend run check

.PHONY: bench
bench: need-postgresql node_modules/.stamp build-all bin/bench ## print the project's figures; FRESH=1 adds a fresh clone with empty caches
	@bin/bench $(if $(FRESH),-fresh)

.PHONY: doctor
doctor: bin/doctor ## say what this machine, and the AWS account for ENV, lack and how to get it
	@bin/doctor -account "$(ENV)"

# --- infrastructure --------------------------------------------------------------------------------------------------

# Makes an assembly from nothing in a folder. What was there stays until the new one is whole.
define synthesize
	rm -rf "$(2).new" && mkdir -p "$(2).new" && if ENV="$(1)" CDK_OUTDIR="$(2).new" bin/infra; then rm -rf "$(2)" && mv "$(2).new" "$(2)"; else rm -rf "$(2).new"; exit 1; fi
endef

.PHONY: synth
synth: bin/infra site functions-$(PLATFORM) ## write the CloudFormation templates of ENV into cdk.out
	@$(call synthesize,$(ENV),cdk.out)
	@echo "templates of $(ENV):" && ls cdk.out/*.template.json

# The same into the folder ASSEMBLY, for tests.
.PHONY: assembly
assembly: bin/infra site functions-$(PLATFORM)
	@$(call synthesize,$(ENV),$(ASSEMBLY))

.PHONY: assembly-local
assembly-local: bin/infra site functions-$(GO_PLATFORM)
	@bin/fresh -stamp .build/assembly-local.stamp -in bin/infra -in cdk.json -in migrations -in frontend/out -in frontend/edge -in .build/functions/$(GO_PLATFORM) -out .build/assembly/local/manifest.json -- sh -c '$(call synthesize,local,.build/assembly/local)'

# A phase of the database needs no built site; the later ones also run the system and a browser.
.PHONY: criteria
criteria: bin/criteria need-postgresql $(if $(filter 0 1,$(PHASE)),,need-chromium node_modules/.stamp build-all) ## run the tests that show the success criteria; PHASE=n for one phase
	@bin/criteria $(if $(PHASE),-phase "$(PHASE)")

.PHONY: cost
cost: cost-accepted site functions-linux-arm64 functions-$(PLATFORM) ## what ENV costs in a month, with its variants; SETTINGS=key=value,… changes it
	@bin/cost -env "$(ENV)" -variants

# Refuses an unknown environment or setting before anything is built for it.
.PHONY: cost-accepted
cost-accepted: bin/cost
	@bin/cost -env "$(ENV)" -accept

# --- deploy ----------------------------------------------------------------------------------------------------------

# YES=1         deploys to AWS without showing the change and asking
# CHECKS=0      leaves out the tests and the criteria after a deployment
# CONFIRM=ENV   is needed to destroy an environment that keeps its data
# PARAMETERS    values of the stacks' parameters, such as PARAMETERS="AlarmEmail=ops@example.org"
DEPLOYMENT := .build/assembly/deploy-$(ENV)
DEPLOY_FLAGS = --env "$(ENV)" --state "$(STATE)-deploy" $(if $(PHASE),--phase "$(PHASE)")
# What a deployment runs keeps its port unless another one is asked for.
DEPLOY_PORT := $(if $(filter-out file,$(origin PORT)),--port $(PORT))
CRITERIA := $(if $(filter 0,$(CHECKS)),,bin/criteria)
DEPLOY_TOOLS := bin/deploy node_modules/.stamp $(if $(filter local,$(ENV)),need-postgresql bin/local)

.PHONY: deploy
deploy: accepted $(DEPLOY_TOOLS) assembly-deploy $(CRITERIA) ## deploy PHASE of ENV (or all), test it and print its criteria; ENV=local needs no account
	@bin/deploy deploy $(DEPLOY_FLAGS) --assembly "$(DEPLOYMENT)" $(DEPLOY_PORT) $(foreach p,$(PARAMETERS),--parameter "$(p)") $(if $(YES),--yes) $(if $(filter 0,$(CHECKS)),--no-checks)

.PHONY: diff
diff: accepted $(DEPLOY_TOOLS) assembly-deploy bin/cost ## show what a deployment would change, and its price, before anything is touched
	@bin/deploy diff $(DEPLOY_FLAGS) --assembly "$(DEPLOYMENT)"

.PHONY: rollback
rollback: accepted $(DEPLOY_TOOLS) $(CRITERIA) ## deploy the release of PHASE before the current one
	@bin/deploy rollback $(DEPLOY_FLAGS) $(DEPLOY_PORT) $(if $(YES),--yes) $(if $(filter 0,$(CHECKS)),--no-checks)

.PHONY: destroy
destroy: accepted $(DEPLOY_TOOLS) ## delete PHASE of ENV (or all, the last first)
	@bin/deploy destroy $(DEPLOY_FLAGS) $(DEPLOY_PORT) $(if $(CONFIRM),--confirm "$(CONFIRM)") $(if $(YES),--yes)

.PHONY: status
status: named-env bin/deploy ## show the phases of ENV with their state and release
	@bin/deploy status $(DEPLOY_FLAGS)

.PHONY: named-env
named-env:
	@if [ "$(origin ENV)" = file ]; then echo "Say which environment: make $(firstword $(MAKECMDGOALS)) ENV=local, or one of dev, staging and prod." >&2; exit 1; fi

# Refuses what cannot be meant before anything is built for it.
.PHONY: accepted
accepted: named-env bin/deploy
	@bin/deploy accept $(DEPLOY_FLAGS) $(DEPLOY_PORT)

# SETTINGS, which the CDK app reads from its environment, is named only to make the assembly anew for others.
.PHONY: assembly-deploy
assembly-deploy: bin/infra site functions-$(PLATFORM)
	@bin/fresh -stamp .build/assembly-deploy-$(ENV).stamp -in bin/infra -in cdk.json -in migrations -in frontend/out -in frontend/edge -in .build/functions/$(PLATFORM) -out $(DEPLOYMENT)/manifest.json -- sh -c '$(call synthesize,$(ENV),$(DEPLOYMENT))' synthesize "$$SETTINGS"

# --- build -----------------------------------------------------------------------------------------------------------

.PHONY: build-all
build-all: bin/infra bin/local bin/suite site functions-linux-arm64 functions-$(GO_PLATFORM)

.PHONY: site
site: frontend/node_modules/.stamp
	@bin/fresh -stamp .build/site.stamp -in frontend -in docs/api/openapi.yaml -out frontend/out -- sh -c 'echo "building the dashboard" && npm --prefix frontend run --silent build'

# functions-linux-arm64 builds for AWS, functions-<this machine> for a local run.
functions-%: bin/fresh
	@bin/fresh -stamp .build/functions-$*.stamp $(FUNCTION_INPUTS) -out .build/functions/$* -- $(MAKE) build-functions-$*

# The flags make the same sources the same bytes, whoever builds them and where.
build-functions-%:
	@echo "building the functions for $*"
	@rm -rf .build/functions/$*
	@for f in $(FUNCTIONS); do \
		CGO_ENABLED=0 GOFLAGS= GOOS=$(firstword $(subst -, ,$*)) GOARCH=$(lastword $(subst -, ,$*)) \
		go build -trimpath -buildvcs=false -tags lambda.norpc -ldflags='-s -w -buildid=' \
		-o .build/functions/$*/$$f/bootstrap ./functions/$$f || exit 1; done

.PHONY: bin/infra bin/local bin/deploy bin/cost
bin/infra: bin/fresh
	@bin/fresh -stamp .build/infra.stamp $(INFRA_INPUTS) -out $@ -- sh -c 'echo "building the CDK app (about a minute the first time)" && go build -o $@ ./infra'

bin/deploy: bin/fresh
	@bin/fresh -stamp .build/deploy.stamp $(DEPLOY_INPUTS) -out $@ -- sh -c 'echo "building the deploy command" && go build -o $@ ./infra/deploy'

bin/criteria: $(wildcard infra/criteria/*.go)
	@go build -o $@ ./infra/criteria

bin/cost: bin/fresh
	@bin/fresh -stamp .build/cost.stamp $(INFRA_INPUTS) -out $@ -- sh -c 'echo "building the price of the stacks" && go build -o $@ ./infra/cost'

bin/local: bin/fresh
	@bin/fresh -stamp .build/local.stamp $(LOCAL_INPUTS) -out $@ -- sh -c 'echo "building the local cloud" && go build -o $@ ./infra/local'

bin/fresh: $(wildcard tools/fresh/*.go)
bin/suite: $(wildcard tools/suite/*.go)
bin/doctor: $(wildcard tools/doctor/*.go)
bin/bench: $(wildcard tools/bench/*.go)
bin/fresh bin/suite bin/doctor bin/bench:
	@cd tools && go build -o ../$@ ./$(@F)

# --- set up ----------------------------------------------------------------------------------------------------------

need-%: bin/doctor
	@bin/doctor -quiet -install $*

node_modules/.stamp: bin/fresh FORCE
	@bin/fresh -stamp $@ -in package.json -in package-lock.json -in .npmrc -out node_modules -- sh -c 'echo "installing the CDK CLI and squawk" && npm ci $(NPM_CI)'

frontend/node_modules/.stamp: bin/fresh FORCE
	@bin/fresh -stamp $@ -in frontend/package.json -in frontend/package-lock.json -out frontend/node_modules -- sh -c 'echo "installing the packages of the dashboard" && npm --prefix frontend ci $(NPM_CI)'

.PHONY: python
python: need-python3 bin/deploy
	@bin/deploy python

.PHONY: FORCE
FORCE:
