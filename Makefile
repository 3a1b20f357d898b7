# SPDX-License-Identifier: MIT
# unsandboxfs - how it is built, tested and installed
#
#   make          build the program and the stand-in API server in build/
#   make demo     run programs through a mount of the stand-in
#   make check    run all tests; optionally SAN=address,undefined or SAN=thread
#   make check-live   compare the real API with its description; needs keys
#   make bench    compare the mount with others; QUICK=1: in two minutes
#   make check-power   cut the power of a mount's disk; CUTS=1000
#   make check-switches   where sources disagree about the API, try each side
#   make check-mutations   change each value of each answer, one at a time
#   make check-outside   run stress-ng, fio, sqlite3, git; compare with the disk
#   make check-desktop   save and back up by programs that few have installed
#   make install  to PREFIX; also DESTDIR, BINDIR, SBINDIR, MANDIR ...
#   make deb      a package for Debian, in build/
#   make dist     the archive of a release; make rpm, packages for Fedora
#
# `make build/unsandboxfs` needs only libfuse3, libcurl, OpenSSL,
# jansson, zlib, wslay and the header of uthash.

VERSION := 0.1.0

PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
# mount(8) looks for its helpers in /sbin only.
SBINDIR ?= $(if $(filter /usr /usr/local,$(PREFIX)),/sbin,$(PREFIX)/sbin)
DATADIR ?= $(PREFIX)/share
MANDIR  ?= $(DATADIR)/man
UNITDIR ?= $(PREFIX)/lib/systemd
COMPLETION ?= $(DATADIR)/bash-completion/completions
FISHDIR ?= $(DATADIR)/fish/vendor_completions.d
DESTDIR ?=

PKG_CONFIG ?= pkg-config
INSTALL    ?= install

comma := ,
BUILD := build$(if $(SAN),-$(subst $(comma),-,$(SAN)))

# .ci/run and .ci/compilers set it to -Werror; elsewhere the warnings of a new
# compiler must not break the build.
WERROR ?=
ifdef SAN
CFLAGS  ?= -O1 -g
HARDEN   = -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
HARDEN_LD = -fsanitize=$(SAN)
else
CFLAGS  ?= -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
HARDEN   = -fstack-protector-strong -fPIE
HARDEN_LD = -pie -Wl,-z,relro,-z,now
endif
# snprintf truncates on purpose, and rows of tables leave out last members.
WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wno-missing-field-initializers $(if $(findstring clang,$(CC)),,\
	-Wno-format-truncation) $(WERROR)

ALL_CFLAGS  = -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I. \
	-DUNSANDBOXFS_VERSION='"$(VERSION)"' $(WARN) $(HARDEN) $(CFLAGS) \
	$(COVERED)
ALL_LDFLAGS = $(HARDEN_LD) $(LDFLAGS)

# V=1 shows the commands.
Q   = $(if $(V),,@)
say = $(if $(V),,@echo "  $(1)	$@")

# pkg-config runs when a rule needs it, never while this file is read: on a
# fresh machine `make demo` and `make check` install it first.
pkg = $(if $(shell $(PKG_CONFIG) --exists $(2) && echo y),$(shell \
	$(PKG_CONFIG) $(1) $(2)),$(error $(2) not found; try: make deps))

API_PKGS    = 'libcurl >= 7.80' 'libcrypto >= 3.0' $(CACHE_PKGS)
CACHE_PKGS  = 'jansson >= 2.13'
FS_PKGS     = 'fuse3 >= 3.10' zlib $(CACHE_PKGS)
SERVER_PKGS = libmicrohttpd libssl libcrypto $(CACHE_PKGS)

# The rooms of fs/, top to bottom: each calls and includes only rooms that come
# after it in this list (tests/layers.py).
ROOMS := program mount ops tree drafts jobs resources core files base

object = $(patsubst %.c,$(BUILD)/%.o,$(1))
API_O    := $(call object,$(wildcard api/*.c))
CACHE_O  := $(call object,$(wildcard cache/*.c))
SERVER_O := $(call object,$(wildcard tests/server/*.c))

UNIT_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/api/*.c \
	tests/unit/cache/*.c tests/unit/fs/*/*.c))

FUZZ := $(patsubst %.c,$(BUILD)/%,$(filter-out tests/fuzz/replay.c, \
	$(wildcard tests/fuzz/*.c)))

PROGRAM := $(BUILD)/unsandboxfs
STANDIN := $(BUILD)/standin
BENCH   := $(addprefix $(BUILD)/tests/bench/,bare wait walk)
LIBAPI   = $(BUILD)/libapi.a
LIBCACHE = $(BUILD)/libcache.a
room_lib = $(1:%=$(BUILD)/fs/lib%.a)
LIBFS    = $(call room_lib,$(ROOMS))

all: $(PROGRAM) $(STANDIN)

# One rule for all objects; its packages limit what a folder can include.

$(BUILD)/api/%.o:    PKGS = $(API_PKGS)
$(BUILD)/cache/%.o:  PKGS = $(CACHE_PKGS)
$(BUILD)/fs/%.o:     PKGS = $(FS_PKGS)
$(BUILD)/tests/server/%.o: PKGS = $(SERVER_PKGS)
$(BUILD)/tests/%.o:  PKGS = $(FS_PKGS) $(API_PKGS) cmocka
$(BUILD)/tests/bench/%.o: PKGS = fuse3

# `make coverage` does not count the stand-in: its sandboxed children cannot
# write their counts, and would print errors.
$(BUILD)/api/%.o $(BUILD)/cache/%.o $(BUILD)/fs/%.o: COVERED = $(COVER)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) $(CPPFLAGS) $(call pkg,--cflags,$(PKGS)) -pthread \
		-MMD -MP -c -o $@ $<

$(LIBAPI):   $(API_O)
$(LIBCACHE): $(CACHE_O)
define room_rule
$(call room_lib,$(1)): $(call object,$(filter-out fs/program/main.c,\
	$(wildcard fs/$(1)/*.c)))
endef
$(foreach room,$(ROOMS),$(eval $(call room_rule,$(room))))
$(BUILD)/%.a:
	@mkdir -p $(@D)
	$(call say,AR)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(PROGRAM): PKGS = $(FS_PKGS) $(API_PKGS)
$(PROGRAM): $(BUILD)/fs/program/main.o $(LIBFS) $(LIBCACHE) $(LIBAPI)
$(STANDIN): PKGS = $(SERVER_PKGS)
$(STANDIN): $(SERVER_O)

# A test is linked with its room and those below it, so that an upward call
# does not link. Functions that it, or tests/unit/alloc_fail.h, wraps (as
# __wrap_malloc) replace the real ones.
$(BUILD)/tests/unit/api/%:   PKGS = cmocka $(API_PKGS) libssl
$(BUILD)/tests/unit/cache/%: PKGS = cmocka $(CACHE_PKGS)
$(BUILD)/tests/unit/fs/%:    PKGS = cmocka $(FS_PKGS) $(API_PKGS)
$(BUILD)/tests/unit/api/%:   $(BUILD)/tests/unit/api/%.o $(LIBAPI)
	$(LINK)
$(BUILD)/tests/unit/cache/%: $(BUILD)/tests/unit/cache/%.o $(LIBCACHE)
	$(LINK)
below = $(if $(filter $(1),$(firstword $(2))),$(2),$(call below,$(1),$(wordlist \
	2,99,$(2))))
define room_test_rule
$(BUILD)/tests/unit/fs/$(1)/%: $(BUILD)/tests/unit/fs/$(1)/%.o \
	$(call room_lib,$(call below,$(1),$(ROOMS))) $(LIBCACHE) $(LIBAPI)
	$$(LINK)
endef
$(foreach room,$(ROOMS),$(eval $(call room_test_rule,$(room))))

$(UNIT_TESTS): WRAP = $(patsubst __wrap_%,-Wl$(comma)--wrap=%,$(sort \
	$(shell grep -ho '__wrap_[a-z_]*' $(@:$(BUILD)/%=%.c) \
		$$(grep -o 'tests/unit/alloc_fail.h' $(@:$(BUILD)/%=%.c)))))
define LINK
$(call say,LD)
$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(WRAP) -o $@ $(filter %.o,$^) \
	$(filter %.a,$^) $(call pkg,--libs,$(PKGS)) \
	$(if $(filter $(LIBAPI) %/terminal_socket.o,$^),-lwslay) -pthread $(LDLIBS)
endef

# A fuzz target replays its corpus, unless libFuzzer provides main.
FUZZ_MAIN = $(BUILD)/tests/fuzz/replay.o
$(FUZZ): PKGS = $(FS_PKGS) $(API_PKGS)
$(FUZZ): %: %.o $(FUZZ_MAIN) $(LIBFS) $(LIBCACHE) $(LIBAPI)
	$(LINK)

$(BENCH): PKGS = fuse3
$(BENCH): %: %.o

$(PROGRAM) $(STANDIN) $(BENCH):
	$(LINK)

.SECONDARY:
-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d $(BUILD)/tests/unit/*/*.d \
	$(BUILD)/tests/unit/*/*/*.d)

# Tests. Missing packages are installed first; a second make then builds, and
# finds them with pkg-config.

JOBS = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

deps:
	@tests/deps.sh build demo test

check:
	@tests/deps.sh build demo test
	+@$(MAKE) --no-print-directory $(JOBS) all $(UNIT_TESTS) $(FUZZ)
	@$(MAKE) --no-print-directory check-fuzz
	@python3 -B tests/check.py $(BUILD) unit script mount

check-unit: $(UNIT_TESTS)
	@python3 -B tests/check.py $(BUILD) unit

check-fuzz: $(FUZZ)
	@for each in $(FUZZ); do \
		$$each tests/fuzz/corpus/$${each##*/} || exit 1; done

# Prints where the real API differs from its description; keys come from the
# environment. LIVE=--session also creates a session for a minute.
check-live:
	@tests/deps.sh build demo
	+@$(MAKE) --no-print-directory $(JOBS) $(PROGRAM)
	@python3 -B tests/live/live.py $(LIVE) $(BUILD)

# Cuts the connection at every byte of a run's request and answer.
check-cuts:
	@tests/deps.sh build demo test
	+@$(MAKE) --no-print-directory $(JOBS) all
	@CUTS=1 python3 -B tests/mount/run.py $(BUILD) test_cuts

# Cuts the power, and kills the daemon, at CUTS random moments each: an hour.
CUTS = 1000
check-power:
	@tests/deps.sh build demo test
	+@$(MAKE) --no-print-directory $(JOBS) all
	@CUTS=$(CUTS) python3 -B tests/mount/run.py $(BUILD) test_power

# Changes each value of each answer, one after the other. The mount gets slower
# meanwhile: all at once take more than an hour, parts about 15 minutes in sum.
# ENDPOINT="GET /s" is a part, MUTATIONS=100 a sample that SEED chooses. Also
# with SAN.
MUTATIONS = 0
check-mutations:
	@tests/deps.sh build demo test
	+@$(MAKE) --no-print-directory $(JOBS) all
	@MUTATIONS=$(MUTATIONS) python3 -B tests/mount/run.py $(BUILD) \
		test_mutations

# Mount tests with each switch of the stand-in on: half an hour. SWITCH="one two"
# tries only these.
check-switches:
	@tests/deps.sh build demo test
	+@$(MAKE) --no-print-directory $(JOBS) all
	@python3 -B tests/switches.py $(BUILD) $(SWITCH)

# Filesystem tests by other programs: stress-ng, fio, sqlite3, git; and a
# comparison with the disk, call by call.
check-outside:
	@tests/deps.sh build demo outside
	+@$(MAKE) --no-print-directory $(JOBS) all
	@python3 -B tests/outside/outside.py $(BUILD)

# Editors, savers and backup programs that need many packages.
check-desktop:
	@tests/deps.sh build demo test desktop
	+@$(MAKE) --no-print-directory $(JOBS) all
	@PYTHONPATH=tests/desktop python3 -B tests/mount/run.py $(BUILD) \
		$(notdir $(basename $(wildcard tests/desktop/test_*.py)))

# Runs each target for SECS seconds with libFuzzer, which needs clang; findings
# are left in build-fuzz. Tracing each comparison would double the time of the
# targets that mount; libFuzzer still learns words from strcmp and the like.
SECS = 60
fuzz:
	@tests/deps.sh build demo test fuzz
	+@$(MAKE) --no-print-directory $(JOBS) BUILD=build-fuzz CC=clang \
		FUZZ_MAIN= fuzz-targets LDFLAGS=-fsanitize=fuzzer \
		SAN=fuzzer-no-link,address,undefined \
		CFLAGS='-O1 -g -fno-sanitize-coverage=trace-cmp'
	@tests/fuzz/run.sh build-fuzz $(SECS)

fuzz-targets: $(FUZZ)

# Random operations with random faults, for SECS seconds.
soak:
	@tests/deps.sh build demo test
	+@$(MAKE) --no-print-directory $(JOBS) all
	@python3 -B tests/soak.py $(BUILD) $(SECS)

# Counts of requests that must hold, at full length.
bench-requests:
	@tests/deps.sh build demo test
	+@$(MAKE) --no-print-directory $(JOBS) all
	@python3 -B tests/bench/requests.py $(BUILD)

# Ratios to other filesystems and to curl, and how the costs grow; also in
# build/bench.md and build/bench.svg. 20 minutes, or with QUICK=1 two.
bench:
	@tests/deps.sh build demo bench
	+@$(MAKE) --no-print-directory $(JOBS) all $(BENCH)
	@python3 -B tests/bench/bench.py $(if $(QUICK),-q) $(BUILD) $(ONLY)

# Lines, memory and time of common tasks; with WITH=BUILD compared to that build.
bench-house:
	@tests/deps.sh build demo bench
	+@$(MAKE) --no-print-directory $(JOBS) all
	@python3 -B tests/bench/house.py $(WITH) $(BUILD)

demo:
	@tests/deps.sh build demo
	+@$(MAKE) --no-print-directory $(JOBS) all
	@tests/demo.sh $(BUILD)

lint:
	@tests/deps.sh build demo test lint
	+@$(MAKE) --no-print-directory $(JOBS) all
	@python3 -B tests/layers.py $(BUILD)
	@tests/lint.sh $(CC) $(ALL_CFLAGS) $(call pkg,--cflags,$(FS_PKGS) \
		$(API_PKGS) $(SERVER_PKGS))

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

# Shows which lines the tests run, in a separate build.
coverage:
	+@$(MAKE) --no-print-directory check BUILD=build-coverage \
		CFLAGS='-O0 -g' COVER=--coverage LDFLAGS=--coverage
	@tests/coverage.sh build-coverage

# What is installed: SOURCE:DIRECTORY/NAME:MODE.
SHARE = fs/program/share
INSTALLED = '$(PROGRAM):$(BINDIR)/unsandboxfs:755' \
	'man/unsandboxfs.1:$(MANDIR)/man1/unsandboxfs.1:644' \
	'man/unsandboxfs.5:$(MANDIR)/man5/unsandboxfs.5:644' \
	'$(SHARE)/unsandboxfs.bash:$(COMPLETION)/unsandboxfs:644' \
	'$(SHARE)/_unsandboxfs:$(DATADIR)/zsh/site-functions/_unsandboxfs:644' \
	'$(SHARE)/unsandboxfs.fish:$(FISHDIR)/unsandboxfs.fish:644' \
	'$(SHARE)/unsandboxfs@.service:$(UNITDIR)/system/unsandboxfs@.service:644' \
	'$(SHARE)/unsandboxfs@.user.service:$(UNITDIR)/user/unsandboxfs@.service:644'
HELPERS = mount.unsandboxfs mount.fuse.unsandboxfs

install: $(PROGRAM)
	@set -e; for each in $(INSTALLED); do IFS=:; set -- $$each; unset IFS; \
		$(INSTALL) -D -m "$$3" "$$1" "$(DESTDIR)$$2"; done
	@sed -i 's|@BINDIR@|$(BINDIR)|' "$(DESTDIR)$(UNITDIR)"/*/unsandboxfs@.service
	@$(INSTALL) -d "$(DESTDIR)$(SBINDIR)" "$(DESTDIR)$(MANDIR)/man8"
	@for each in $(HELPERS); do \
		ln -sf "$(BINDIR)/unsandboxfs" "$(DESTDIR)$(SBINDIR)/$$each"; \
		ln -sf ../man1/unsandboxfs.1 \
			"$(DESTDIR)$(MANDIR)/man8/$$each.8"; done

install-strip:
	@$(MAKE) --no-print-directory install
	strip "$(DESTDIR)$(BINDIR)/unsandboxfs"

uninstall:
	@for each in $(INSTALLED); do IFS=:; set -- $$each; unset IFS; \
		rm -f "$(DESTDIR)$$2"; done
	@for each in $(HELPERS); do rm -f "$(DESTDIR)$(SBINDIR)/$$each" \
		"$(DESTDIR)$(MANDIR)/man8/$$each.8"; done

# A package for Debian, in build/deb. check-deb installs, uses, upgrades and
# purges it in a fresh Debian, which it downloads.
deb:
	@tests/deps.sh build package
	@mkdir -p build
	@tests/deb.sh build

check-deb:
	@tests/deps.sh build demo package
	+@$(MAKE) --no-print-directory $(JOBS) $(STANDIN)
	@tests/deb.sh $(BUILD) chroot

# The archive of a release; packages for Fedora made of it.
dist rpm:
	@tests/deps.sh build $(filter rpm,$@)
	@tests/dist.sh build $(VERSION) $@

# For editors and clangd.
compile_commands.json:
	@$(MAKE) -nBk V=1 BUILD=$(BUILD) all $(UNIT_TESTS) $(FUZZ) | \
		python3 -B tests/compile_commands.py >$@

clean:
	rm -rf build build-* compile_commands.json

.PHONY: all deps check check-unit check-cuts check-power check-fuzz check-live \
	check-outside check-desktop check-mutations check-switches fuzz \
	fuzz-targets soak bench bench-house bench-requests demo lint format coverage install \
	install-strip uninstall deb check-deb dist rpm compile_commands.json clean
