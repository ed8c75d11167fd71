# Builds, installs, tests and measures the agent; `make help` lists the targets. A target installs the Debian packages
# that it needs; only the Swift toolchain must be there before.

SWIFT ?= swift
# No RUNPATH: the default, $ORIGIN, loads libraries from the folder of a program that root runs. Full RELRO: all symbols
# are bound at start, then the tables of their addresses are read-only. Tests/ProgramTests checks both.
# No folder of the build in the debug information, and no checksums of what the compiler had before it made code: they
# would differ with each folder. Nor names of Clang's precompiled modules, which depend on these options.
REPRODUCIBLE = -Xswiftc -Xfrontend -Xswiftc -disable-incremental-llvm-codegen -Xswiftc -Xfrontend -Xswiftc -no-clang-module-breadcrumbs -Xswiftc -file-prefix-map -Xswiftc $(CURDIR)=. -Xcc -ffile-prefix-map=$(CURDIR)=.
HARDENING = --disable-local-rpath -Xlinker -z -Xlinker relro -Xlinker -z -Xlinker now
RELEASE = $(SWIFT) build -c release --static-swift-stdlib $(HARDENING) $(REPRODUCIBLE)
PREFIX ?= /usr/local
DESTDIR ?=
# The one place of the version is the sources.
VERSION = $(shell sed -n 's/^package let programVersion = "\(.*\)"/\1/p' Sources/ControlProtocol/WellKnown.swift)
NAME = virtio-trace-agent-$(VERSION)
# The time in packages and pages: that of the last commit, so that they are the same whenever they are made.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2> /dev/null || stat -c %Y CHANGELOG.md)
GUEST = .build/guest
BUILD_PACKAGES = binutils libcap-dev libsystemd-dev libtraceevent-dev libxml2-dev libzstd-dev pkg-config python3
DEB_PACKAGES = debhelper dpkg-dev lintian
# With the programs of the tests.
TEST_PACKAGES = groff-base mandoc libtracecmd-dev libtracefs-dev
GUEST_PACKAGES = qemu-system-x86 busybox-static cpio trace-cmd
SYSTEMD_PACKAGES = systemd systemd-container mmdebstrap kmod e2fsprogs
# A libvirt of its own for the tests, started by them.
LIBVIRT_PACKAGES = libvirt-daemon-system libvirt-clients
# What tests on this machine's tracefs watch the agent with.
TRACEFS_PACKAGES = strace
LINT_PACKAGES = shellcheck python3 pyflakes3
# What the benchmark compares with, and its guests.
BENCH_PACKAGES = $(GUEST_PACKAGES) python3
ROWS = all
SHELL_SCRIPTS = .ci/run Tests/bench/without-function-tracing Tests/bench-recording systemd/activate systemd/deactivate $(addprefix packaging/,install make-changelog make-share stage) $(wildcard examples/* guest/* Tests/lint/*.sh)
# The tests that need root, QEMU, a container or the release build.
SYSTEM_TESTS = --skip TracefsTests --skip GuestTests --skip ServiceTests --skip ProgramTests

all: trace-agent trace-host share ## build ./trace-agent and ./trace-host, stripped, and their pages (the default)

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

share: release ## make the manual pages and the shells' completions in .build/share
	packaging/make-share .build/release .build/share

# If systemd runs, the service is also enabled, and started where its port is.
install: ## install the programs, pages, completions, the units, the udev rule and the user below PREFIX
	[ -x trace-agent ] && [ -x trace-host ] && [ -d .build/share ] || $(MAKE) all
	[ -z "$$(find Sources -newer trace-agent)" ] || echo 'warning: the sources are newer than ./trace-agent; run make to rebuild it' >&2
	packaging/stage .build/stage
	PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) .build/stage/install

uninstall: ## remove what install has installed, except for the configuration and the user
	packaging/stage .build/stage
	PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) .build/stage/install remove

dist: all ## make a tarball that is installed without make and a compiler: .build/dist/*.tar.gz
	packaging/stage .build/dist/$(NAME)
	tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@$(SOURCE_DATE_EPOCH) --mode=go-w -C .build/dist -c $(NAME) \
	    | gzip -9n > .build/dist/$(NAME)-amd64.tar.gz

# Swift is no package of Debian 12: debian/rules. The project has no public mail address.
LINTIAN_OPTIONS = --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog
deb: release share ## make the Debian packages in .build/deb
	guest/install-packages $(DEB_PACKAGES)
	packaging/make-changelog $(VERSION) $(SOURCE_DATE_EPOCH) > debian/changelog
	rm -rf .build/deb
	mkdir .build/deb
	DEB_RULES_REQUIRES_ROOT=no PREBUILT=yes DEBDIR=.build/deb debian/rules clean binary
	lintian --allow-root --fail-on error,warning --info $(LINTIAN_OPTIONS) .build/deb/*.deb

guest: release ## make the guest for the tests: a kernel, and an initramfs with busybox and the agent
	guest/install-packages $(GUEST_PACKAGES)
	guest/make-guest $(GUEST) .build/release/trace-agent .build/release/trace-load

# The root folders are for systemd-nspawn, the disks and the initramfs for QEMU.
systemd-guest: trace-agent guest deb ## make root folders and disks with systemd for the tests
	guest/install-packages $(SYSTEMD_PACKAGES)
	guest/make-systemd $(GUEST)/systemd .build/release/trace-load .build/release/hold-thread

demo: trace-agent trace-host guest ## boot a guest, trace its scheduler from the host, make demo-out/trace.dat
	guest/demo $(GUEST) demo-out

unit: build-packages ## run the tests that need neither root nor a guest
	guest/install-packages $(TEST_PACKAGES)
	$(SWIFT) test --no-parallel $(SYSTEM_TESTS)

test: trace-agent systemd-guest dist ## run all tests, as root
	guest/install-packages $(TEST_PACKAGES) $(TRACEFS_PACKAGES) $(LIBVIRT_PACKAGES)
	guest/mount-tracefs
	$(SWIFT) test --no-parallel

# The agent that the tests start on this machine is built with the sanitizers too. The agent in the guests and in the
# container is not, so their tests are skipped, and so are the tests of the release build's file. Each start takes seconds
# with Thread Sanitizer: of those that record, RunningRecordingTests and HostTests stay. Address Sanitizer checks
# what runs in process: that is where bytes are taken apart.
TSAN_SKIPPED = --skip GuestTests --skip ServiceTests --skip ProgramTests \
    $(foreach suite,Record RecordCommand Format Assemble HostRecord HostKill Watch Decoding Bench SetupFuzz TimeLine Example,--skip TracefsTests.$(suite)Tests/)
sanitize: release ## run the tests with Thread Sanitizer, then with Address Sanitizer, as root
	guest/install-packages $(TEST_PACKAGES) $(TRACEFS_PACKAGES)
	guest/mount-tracefs
	SWIFT_BACKTRACE=enable=no $(SWIFT) test --no-parallel $(TSAN_SKIPPED) --sanitize=thread --scratch-path .build/tsan
	SWIFT_BACKTRACE=enable=no LSAN_OPTIONS=suppressions=$(CURDIR)/Tests/lsan.supp \
	    $(SWIFT) test --no-parallel $(SYSTEM_TESTS) --sanitize=address --scratch-path .build/asan

# ROWS=flat,rates measures only these; python3 Tests/bench --help names all.
bench: guest ## measure the agent beside its peers, as root, for docs/PERFORMANCE.md: 20 minutes
	guest/install-packages $(BENCH_PACKAGES)
	guest/mount-tracefs
	python3 Tests/bench --page --rows $(ROWS)

bench-host: release ## measure trace-host record against cat
	Tests/bench-host

bench-recording: release ## record for ten minutes in parts, as root: memory, events
	guest/mount-tracefs
	Tests/bench-recording

.PHONY: try-docs reproducible
# TEXT='record /tmp/vm1' runs only commands that contain it.
try-docs: release ## run the commands of README and manual pages as they are written, as root: a minute
	guest/install-packages python3 trace-cmd
	guest/mount-tracefs
	Tests/run-documented $(if $(TEXT),'$(TEXT)')

reproducible: trace-agent trace-host ## build once more in another folder, and compare
	rm -rf .build/in-another-folder
	mkdir -p .build/in-another-folder/.build
	git ls-files -z | tar --null -T - -c | tar -x -C .build/in-another-folder
	cp -r .build/checkouts .build/repositories .build/workspace-state.json .build/in-another-folder/.build/
	$(MAKE) -C .build/in-another-folder trace-agent trace-host
	for program in trace-agent trace-host .build/release/trace-agent .build/release/trace-host; do \
	    cmp $$program .build/in-another-folder/$$program || exit 1; \
	done
	rm -rf .build/in-another-folder

format: ## format the Swift sources
	$(SWIFT) format -i -r Package.swift Sources Tests

lint: ## check the format, the shell scripts, the folders' dependencies and the sizes
	guest/install-packages $(LINT_PACKAGES)
	$(SWIFT) format lint --strict -r Package.swift Sources Tests
	shellcheck $(SHELL_SCRIPTS)
	pyflakes3 Tests/bench Tests/lint/*.py Tests/run-documented
	Tests/lint/folder-cycles --self-test
	Tests/lint/sizes --self-test
	Tests/lint/folder-cycles
	Tests/lint/sizes

build-packages: ## install the Debian packages that the build needs
	guest/install-packages $(BUILD_PACKAGES)

clean: ## remove everything that was built
	rm -rf .build trace-agent trace-host demo-out debian/changelog

.PHONY: all help share install uninstall dist deb release guest systemd-guest demo unit test sanitize bench bench-host bench-recording format lint build-packages clean
