# Builds, installs, tests and measures the agent; `make help` lists the targets. A target installs the Debian packages
# that it needs; only the Swift toolchain must be there before.

SWIFT ?= swift
# No RUNPATH: the default, $ORIGIN, loads libraries from the folder of a program that root runs. Full RELRO: all symbols
# are bound at start, then the tables of their addresses are read-only. Tests/ProgramTests checks both.
HARDENING = --disable-local-rpath -Xlinker -z -Xlinker relro -Xlinker -z -Xlinker now
RELEASE = $(SWIFT) build -c release --static-swift-stdlib $(HARDENING)
PREFIX ?= /usr/local
DESTDIR ?=
LIBDIR = $(DESTDIR)$(PREFIX)/lib
CONFIG = $(DESTDIR)/etc/default/virtio-trace-agent
GUEST = .build/guest
BUILD_PACKAGES = binutils libcap-dev libsystemd-dev libzstd-dev
# With the programs of the tests.
TEST_PACKAGES = libtracecmd-dev libtracefs-dev libtraceevent-dev pkg-config
GUEST_PACKAGES = qemu-system-x86 busybox-static cpio trace-cmd
SYSTEMD_PACKAGES = systemd systemd-container mmdebstrap kmod
# What tests on this machine's tracefs watch the agent with.
TRACEFS_PACKAGES = strace
LINT_PACKAGES = shellcheck python3
SHELL_SCRIPTS = .ci/run Tests/bench Tests/bench-recording systemd/activate systemd/deactivate $(wildcard guest/* Tests/lint/*.sh)
# The tests that need root, QEMU, a container or the release build.
SYSTEM_TESTS = --skip TracefsTests --skip GuestTests --skip ServiceTests --skip ProgramTests

all: trace-agent trace-host ## build ./trace-agent and ./trace-host, stripped (the default)

trace-agent trace-host: release
	strip -o $@ .build/release/$@

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /  \1\t/p' Makefile | expand -t 18

# Always runs swift build, which finds out itself what is out of date.
release: build-packages ## build the agent, the host's program and the programs of the tests in .build/release
	$(RELEASE) --product trace-agent
	$(RELEASE) --product trace-host
	$(RELEASE) --product trace-load
	$(RELEASE) --product hold-thread

# If systemd runs, the service is also enabled and started.
install: ## install the programs, the units, the udev rule and the user below PREFIX
	[ -x trace-agent ] && [ -x trace-host ] || $(MAKE) all
	[ -z "$$(find Sources -newer trace-agent)" ] || echo 'warning: the sources are newer than ./trace-agent; run make to rebuild it' >&2
	install -D -m 755 trace-agent $(DESTDIR)$(PREFIX)/bin/trace-agent
	install -D -m 755 trace-host $(DESTDIR)$(PREFIX)/bin/trace-host
	install -d $(LIBDIR)/systemd/system
	sed 's|^ExecStart=/usr/bin/|ExecStart=$(PREFIX)/bin/|' systemd/virtio-trace-agent.service \
	    > $(LIBDIR)/systemd/system/virtio-trace-agent.service
	chmod 644 $(LIBDIR)/systemd/system/virtio-trace-agent.service
	install -D -m 644 systemd/virtio-trace-agent.socket $(LIBDIR)/systemd/system/virtio-trace-agent.socket
	install -D -m 644 systemd/60-virtio-trace-agent.rules $(LIBDIR)/udev/rules.d/60-virtio-trace-agent.rules
	install -D -m 644 systemd/virtio-trace-agent.sysusers $(LIBDIR)/sysusers.d/virtio-trace-agent.conf
	[ -e $(CONFIG) ] || install -D -m 644 systemd/virtio-trace-agent.default $(CONFIG)
	[ -n "$(DESTDIR)" ] || [ ! -d /run/systemd/system ] || systemd/activate

uninstall: ## remove what install has installed, except for the configuration and the user
	[ -n "$(DESTDIR)" ] || [ ! -d /run/systemd/system ] || systemd/deactivate
	rm -f $(DESTDIR)$(PREFIX)/bin/trace-agent $(DESTDIR)$(PREFIX)/bin/trace-host $(LIBDIR)/systemd/system/virtio-trace-agent.service \
	    $(LIBDIR)/systemd/system/virtio-trace-agent.socket $(LIBDIR)/udev/rules.d/60-virtio-trace-agent.rules \
	    $(LIBDIR)/sysusers.d/virtio-trace-agent.conf
	[ -n "$(DESTDIR)" ] || [ ! -d /run/systemd/system ] || { systemctl daemon-reload; ! udevadm control --ping 2> /dev/null || udevadm control --reload; }

guest: release ## make the guest for the tests: a kernel, and an initramfs with busybox and the agent
	guest/install-packages $(GUEST_PACKAGES)
	guest/make-guest $(GUEST) .build/release/trace-agent .build/release/trace-load

# The root folder is for systemd-nspawn, the initramfs made from it for QEMU.
systemd-guest: trace-agent guest ## make a root folder and an initramfs with systemd for the tests
	guest/install-packages $(SYSTEMD_PACKAGES)
	guest/make-systemd $(GUEST)/systemd .build/release/trace-load .build/release/hold-thread

demo: trace-agent trace-host guest ## boot a guest, trace its scheduler from the host, make demo-out/trace.dat
	guest/demo $(GUEST) demo-out

unit: build-packages ## run the tests that need neither root nor a guest
	guest/install-packages $(TEST_PACKAGES)
	$(SWIFT) test --no-parallel $(SYSTEM_TESTS)

test: trace-agent systemd-guest ## run all tests, as root
	guest/install-packages $(TEST_PACKAGES) $(TRACEFS_PACKAGES)
	guest/mount-tracefs
	$(SWIFT) test --no-parallel

# The agent that the tests start on this machine is built with the sanitizers too. The agent in the guests and in the
# container is not, so their tests are skipped, and so are the tests of the release build's file. Address Sanitizer checks
# what runs in process: that is where bytes are taken apart.
sanitize: release ## run the tests with Thread Sanitizer, then with Address Sanitizer, as root
	guest/install-packages $(TEST_PACKAGES) $(TRACEFS_PACKAGES)
	guest/mount-tracefs
	SWIFT_BACKTRACE=enable=no $(SWIFT) test --no-parallel --skip GuestTests --skip ServiceTests --skip ProgramTests --sanitize=thread --scratch-path .build/tsan
	SWIFT_BACKTRACE=enable=no LSAN_OPTIONS=suppressions=$(CURDIR)/Tests/lsan.supp \
	    $(SWIFT) test --no-parallel $(SYSTEM_TESTS) --sanitize=address --scratch-path .build/asan

bench: release ## measure the agent against a bare splice loop, as root
	guest/mount-tracefs
	Tests/bench

bench-host: release ## measure trace-host record against cat
	Tests/bench-host

bench-recording: release ## record for ten minutes in parts, as root: memory, events
	guest/mount-tracefs
	Tests/bench-recording

format: ## format the Swift sources
	$(SWIFT) format -i -r Package.swift Sources Tests

lint: ## check the format, the shell scripts, the folders' dependencies and the sizes
	guest/install-packages $(LINT_PACKAGES)
	$(SWIFT) format lint --strict -r Package.swift Sources Tests
	shellcheck $(SHELL_SCRIPTS)
	Tests/lint/folder-cycles --self-test
	Tests/lint/sizes --self-test
	Tests/lint/folder-cycles
	Tests/lint/sizes

build-packages: ## install the Debian packages that the build needs
	guest/install-packages $(BUILD_PACKAGES)

clean: ## remove everything that was built
	rm -rf .build trace-agent trace-host demo-out

.PHONY: all help install uninstall release guest systemd-guest demo unit test sanitize bench bench-host bench-recording format lint build-packages clean
