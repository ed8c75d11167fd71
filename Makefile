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
BUILD_PACKAGES = binutils libcap-dev libsystemd-dev
GUEST_PACKAGES = qemu-system-x86 busybox-static cpio trace-cmd
SYSTEMD_PACKAGES = systemd systemd-container mmdebstrap kmod

trace-agent: release
	strip -o $@ .build/release/trace-agent

# SwiftPM knows what is out of date.
release: build-packages
	$(RELEASE) --product trace-agent
	$(RELEASE) --product trace-load
	$(RELEASE) --product hold-thread

# Puts everything in place; where systemd runs, the service can be used at once.
install:
	[ -x trace-agent ] || $(MAKE) trace-agent
	[ -z "$$(find Sources -newer trace-agent)" ] || echo 'the sources are newer than ./trace-agent: make would build it anew' >&2
	install -D -m 755 trace-agent $(DESTDIR)$(PREFIX)/bin/trace-agent
	install -d $(LIBDIR)/systemd/system
	sed 's|^ExecStart=/usr/bin/|ExecStart=$(PREFIX)/bin/|' systemd/virtio-trace-agent.service \
	    > $(LIBDIR)/systemd/system/virtio-trace-agent.service
	chmod 644 $(LIBDIR)/systemd/system/virtio-trace-agent.service
	install -D -m 644 systemd/virtio-trace-agent.socket $(LIBDIR)/systemd/system/virtio-trace-agent.socket
	install -D -m 644 systemd/60-virtio-trace-agent.rules $(LIBDIR)/udev/rules.d/60-virtio-trace-agent.rules
	install -D -m 644 systemd/virtio-trace-agent.sysusers $(LIBDIR)/sysusers.d/virtio-trace-agent.conf
	[ -e $(CONFIG) ] || install -D -m 644 systemd/virtio-trace-agent.default $(CONFIG)
	[ -n "$(DESTDIR)" ] || [ ! -d /run/systemd/system ] || systemd/activate

# The configuration and the user stay.
uninstall:
	[ -n "$(DESTDIR)" ] || [ ! -d /run/systemd/system ] || systemd/deactivate
	rm -f $(DESTDIR)$(PREFIX)/bin/trace-agent $(LIBDIR)/systemd/system/virtio-trace-agent.service \
	    $(LIBDIR)/systemd/system/virtio-trace-agent.socket $(LIBDIR)/udev/rules.d/60-virtio-trace-agent.rules \
	    $(LIBDIR)/sysusers.d/virtio-trace-agent.conf
	[ -n "$(DESTDIR)" ] || [ ! -d /run/systemd/system ] || { systemctl daemon-reload; ! udevadm control --ping 2> /dev/null || udevadm control --reload; }

guest: release
	guest/install-packages $(GUEST_PACKAGES)
	guest/make-guest $(GUEST) .build/release/trace-agent .build/release/trace-load

# The same with a real systemd, for the tests: a root folder for systemd-nspawn, and an initramfs of it for QEMU.
systemd-guest: trace-agent guest
	guest/install-packages $(SYSTEMD_PACKAGES)
	guest/make-systemd $(GUEST)/systemd .build/release/trace-load .build/release/hold-thread

demo: trace-agent guest
	guest/demo $(GUEST) demo-out

test: trace-agent systemd-guest
	guest/mount-tracefs
	$(SWIFT) test --no-parallel

# The same tests with the sanitizers; the agent that they start natively is built so too. Those of the guests and the
# container are not, and are left out.
sanitize: release
	guest/mount-tracefs
	SWIFT_BACKTRACE=enable=no $(SWIFT) test --no-parallel --skip GuestTests --skip ServiceTests --sanitize=thread --scratch-path .build/tsan
	SWIFT_BACKTRACE=enable=no LSAN_OPTIONS=suppressions=$(CURDIR)/Tests/lsan.supp \
	    $(SWIFT) test --no-parallel --skip GuestTests --skip ServiceTests --sanitize=address --scratch-path .build/asan

bench: release
	guest/mount-tracefs
	Tests/bench

lint:
	$(SWIFT) format lint --strict -r Package.swift Sources Tests

build-packages:
	guest/install-packages $(BUILD_PACKAGES)

clean:
	rm -rf .build trace-agent demo-out

.PHONY: install uninstall release guest systemd-guest demo test sanitize bench lint build-packages clean
