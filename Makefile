# Everything that can be done here, by name. On a fresh Debian machine with a Swift toolchain, `make demo` and
# `make test` install what they need.

SWIFT ?= swift
RELEASE = $(SWIFT) build -c release --static-swift-stdlib
GUEST = .build/guest
BUILD_PACKAGES = binutils
GUEST_PACKAGES = qemu-system-x86 busybox-static cpio trace-cmd

trace-agent: release
	strip -o $@ .build/release/trace-agent

# SwiftPM knows what is out of date.
release: build-packages
	$(RELEASE) --product trace-agent
	$(RELEASE) --product trace-load

guest: release
	guest/install-packages $(GUEST_PACKAGES)
	guest/make-guest $(GUEST) .build/release/trace-agent .build/release/trace-load

demo: trace-agent guest
	guest/demo $(GUEST) demo-out

test: trace-agent guest
	guest/mount-tracefs
	$(SWIFT) test --no-parallel

# The same tests with the sanitizers; the agent that they start natively is built so too. The guest's is not, and is
# left out.
sanitize: release
	guest/mount-tracefs
	SWIFT_BACKTRACE=enable=no $(SWIFT) test --no-parallel --skip GuestTests --sanitize=thread --scratch-path .build/tsan
	SWIFT_BACKTRACE=enable=no LSAN_OPTIONS=suppressions=$(CURDIR)/Tests/lsan.supp \
	    $(SWIFT) test --no-parallel --skip GuestTests --sanitize=address --scratch-path .build/asan

bench: release
	guest/mount-tracefs
	Tests/bench

lint:
	$(SWIFT) format lint --strict -r Package.swift Sources Tests

build-packages:
	guest/install-packages $(BUILD_PACKAGES)

clean:
	rm -rf .build trace-agent demo-out

.PHONY: release guest demo test sanitize bench lint build-packages clean
