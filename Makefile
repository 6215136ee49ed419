# Two commands matter: `make run` boots the kernel in this terminal, `make test` holds everything
# to its word. Both first install what they need and this machine lacks (see tools/setup).

IMAGE := kernel/build/kernel.img

.DEFAULT_GOAL := help
.PHONY: help setup kernel run test format lint docs tests

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: kernel ## build the kernel, check it, and boot it in this terminal
	@cargo run --quiet --package pilot -- run $(IMAGE)

test: format lint docs tests ## everything that must hold: formatting, clippy, documentation, tests

setup: ## install nasm, QEMU and binutils if they are missing (YES=1 does not ask)
	@tools/setup

# The kernel's own build runs the checker over what it links.
kernel: setup ## build and check the kernel
	@$(MAKE) --no-print-directory -C kernel

format: setup ## check the formatting
	cargo fmt --all --check
	cd kernel && cargo fmt --check

lint: setup ## run clippy, every warning an error
	cargo clippy --workspace --all-targets -- -D warnings
	cd kernel && cargo clippy --all-targets -- -D warnings
	cd kernel && cargo clippy --all-targets --all-features -- -D warnings

# The kernel is a program: its documentation is for those who read its source, private items and all.
docs: setup ## build the documentation, every warning an error, and run its examples
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps
	cd kernel && RUSTDOCFLAGS='-D warnings -A rustdoc::private-intra-doc-links' \
	    cargo doc --no-deps --document-private-items
	cargo test --workspace --doc

# nextest is faster and names what is slow, but nobody is made to install it.
tests: kernel ## run all tests, those in the guest among them
	@if cargo nextest --version >/dev/null 2>&1; then \
	    cargo nextest run --workspace; \
	else \
	    cargo test --workspace --lib --bins --tests; \
	fi
