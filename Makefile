# SPDX-License-Identifier: Apache-2.0
# polecat: `make run` and `make test` do everything on a fresh Debian 12; `make help` lists the rest.

VERSION := 0.1.0
# The image of the agents of a cluster (polecat --kube, polecat deploy).
IMAGE ?= polecat:$(VERSION)
PREFIX ?= /usr/local
DESTDIR ?=
# The architecture to build for. With another one than this machine's, such as ARCH=aarch64, `make` uses Debian's cross
# compiler, and the libraries below SYSROOT, which `make sysroot` downloads.
HOST_ARCH := $(shell uname -m)
ARCH ?= $(HOST_ARCH)
CROSS := $(if $(filter-out $(HOST_ARCH),$(ARCH)),$(ARCH)-linux-gnu-)
SYSROOT ?= $(if $(CROSS),build/sysroot-$(ARCH))
CC ?= gcc
ifeq ($(origin CC),default)
CC := $(CROSS)gcc
endif
ifeq ($(origin AR),default)
AR := $(CROSS)ar
endif
CLANG ?= clang
# The first bpftool that runs. An ordinary user's PATH may have no sbin, and Ubuntu's wrapper fails without the tools of the
# running kernel.
BPFTOOL ?= $(shell for tool in "$$(command -v bpftool)" /usr/sbin/bpftool /usr/local/sbin/bpftool \
	/usr/lib/linux-tools/*/bpftool; do \
	[ -x "$$tool" ] && "$$tool" version >/dev/null 2>&1 && echo "$$tool" && break; done)
PKG_CONFIG ?= pkg-config
ifneq ($(SYSROOT),)
PKG_CONFIG := env PKG_CONFIG_SYSROOT_DIR=$(abspath $(SYSROOT)) \
	PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/$(ARCH)-linux-gnu/pkgconfig:$(SYSROOT)/usr/share/pkgconfig $(PKG_CONFIG)
endif
SANITIZER ?=
# STATIC=1 builds a static program (make static).
STATIC ?=
Q := $(if $(V),,@)

# Each sanitizer and each other architecture builds in its own folder. For another compiler, set BUILD.
ifneq ($(filter-out address undefined thread,$(SANITIZER)),)
$(error SANITIZER is address, undefined or thread, not '$(SANITIZER)')
endif
BUILD ?= build$(if $(CROSS),/$(ARCH))$(if $(SANITIZER),/$(SANITIZER))$(if $(STATIC),/static)

BPF_SOURCES := $(wildcard bpf/*.bpf.c)
# Debian has no static libnetfilter_conntrack, and not all static libraries that libcurl needs. In a static build, a file
# X_absent.c takes the place of X.c.
ABSENT_SOURCES := $(wildcard core/*/*_absent.c core/*/*/*_absent.c)
CORE_SOURCES := $(filter-out $(if $(STATIC),$(ABSENT_SOURCES:_absent.c=.c),$(ABSENT_SOURCES)),\
	$(sort $(wildcard core/*/*.c core/*/*/*.c)))
TUI_SOURCES := $(sort $(wildcard tui/*.c tui/*/*.c tui/*/*/*.c))
UNIT_SOURCES := $(sort $(wildcard tests/unit/test_*.c))
KERNEL_SOURCES := $(sort $(wildcard tests/kernel/test_*.c))
TERMINAL_SOURCES := $(sort $(wildcard tests/terminal/test_*.c))
TOOL_SOURCES := $(sort $(wildcard tests/tools/*.c))
TEST_LIBRARY_SOURCES := $(sort $(wildcard tests/support/*.c))
BENCH_SOURCES := $(sort $(wildcard tests/bench/*.c))
FUZZ_SOURCES := $(sort $(wildcard tests/fuzz/fuzz_*.c))

LIBRARIES := libbpf libelf zlib ncursesw jansson yaml-0.1 libprotobuf-c libseccomp \
	$(if $(STATIC),,libcurl libnetfilter_conntrack)
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wcast-qual -Wwrite-strings -Wformat=2 -Wundef -Wvla -Wnull-dereference -Werror
OPTIMISE ?= -O2
HARDENING := -fstack-protector-strong -fPIE
ifeq ($(SANITIZER),)
HARDENING += -D_FORTIFY_SOURCE=2
endif
SANITIZE := $(if $(SANITIZER),-fsanitize=$(SANITIZER) -fno-omit-frame-pointer -fno-sanitize-recover=all)
# pkg-config runs only once, and not before a flag is needed, because `make deps all` first installs the packages.
PACKAGE_CFLAGS = $(eval PACKAGE_CFLAGS := $$(shell $(PKG_CONFIG) --cflags $(LIBRARIES)))$(PACKAGE_CFLAGS)
PACKAGE_LIBS = $(eval PACKAGE_LIBS := $$(shell $(PKG_CONFIG) $(if $(STATIC),--static) --libs $(LIBRARIES)))$(PACKAGE_LIBS)
# -isystem suppresses warnings about the headers of libraries.
# The flags of ncursesw ask for POSIX 2001. polecat uses POSIX 2008 with XSI (for wcwidth). Files that need more define
# _GNU_SOURCE.
LIBRARY_CFLAGS = $(filter-out -D_XOPEN_SOURCE=% -D_DEFAULT_SOURCE,$(PACKAGE_CFLAGS:-I%=-isystem %)) \
	-D_XOPEN_SOURCE=700 -D_DEFAULT_SOURCE
# The result does not depend on the folder in which it is built.
REPRODUCIBLE := -ffile-prefix-map=$(CURDIR)=.
COMMON_CFLAGS = $(SYSROOT:%=--sysroot=%) -std=gnu11 -g $(OPTIMISE) $(REPRODUCIBLE) $(WARNINGS) $(HARDENING) $(SANITIZE) -pthread -I. -I$(BUILD)/generated \
	-DPOLECAT_VERSION='"$(VERSION)"' -DPOLECAT_IMAGE='"$(IMAGE)"' $(LIBRARY_CFLAGS) $(EXTRA_CFLAGS)
LINK_FLAGS = $(SYSROOT:%=--sysroot=%) $(SANITIZE) -pthread $(if $(STATIC),-static-pie,-pie) -Wl,-z,relro,-z,now $(EXTRA_LDFLAGS)
# glibc's parser of DNS messages is in libresolv.
LIBS = $(PACKAGE_LIBS) -lresolv -lm

CORE_OBJECTS := $(CORE_SOURCES:%.c=$(BUILD)/obj/%.o)
TUI_OBJECTS := $(TUI_SOURCES:%.c=$(BUILD)/obj/%.o)
TUI_LIBRARY_OBJECTS := $(filter-out $(BUILD)/obj/tui/main.o,$(TUI_OBJECTS))
SKELETONS := $(BPF_SOURCES:bpf/%.bpf.c=$(BUILD)/generated/%.skel.h)
THEMES := $(sort $(wildcard themes/*.yaml))
PROTOS := $(sort $(wildcard core/source/runtime/*.proto))
PROTO_HEADERS := $(PROTOS:core/source/runtime/%.proto=$(BUILD)/generated/%.pb-c.h)
PROTO_OBJECTS := $(PROTOS:core/source/runtime/%.proto=$(BUILD)/obj/generated/%.pb-c.o)
UNIT_TESTS := $(UNIT_SOURCES:%.c=$(BUILD)/%)
KERNEL_TEST_PROGRAMS := $(KERNEL_SOURCES:%.c=$(BUILD)/%)
TERMINAL_TESTS := $(TERMINAL_SOURCES:%.c=$(BUILD)/%)
TOOLS := $(TOOL_SOURCES:%.c=$(BUILD)/%)
BENCHES := $(BENCH_SOURCES:%.c=$(BUILD)/%)
TEST_LIBRARY := $(BUILD)/libtest.a
TEST_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(UNIT_SOURCES) $(KERNEL_SOURCES) $(TERMINAL_SOURCES) $(TOOL_SOURCES) \
	$(TEST_LIBRARY_SOURCES) $(BENCH_SOURCES) $(FUZZ_SOURCES))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
# Keep these intermediate files for the next build.
.SECONDARY: $(TEST_OBJECTS)
.PHONY: all run test check bench deps install uninstall screenshots clean help unit tests tools benches fuzzers generated \
	test-fresh test-kernels test-allocations fuzz monkey soak golden mutate sysroot dist deb static image package-deps FORCE

all: $(BUILD)/polecat $(BUILD)/kubectl-polecat

# --- the kernel side ------------------------------------------------------------------------------------------------

# The name of the architecture in bpf_tracing.h.
BPF_ARCH := $(shell echo $(ARCH) | sed -e 's/x86_64/x86/' -e 's/aarch64/arm64/' -e 's/ppc64le/powerpc/' -e 's/riscv64/riscv/' \
	-e 's/s390x/s390/')
# The folder of <asm/types.h>: on Debian the folder for the architecture, elsewhere /usr/include.
MULTIARCH_INCLUDE = $(eval MULTIARCH_INCLUDE := \
	$(SYSROOT)/usr/include/$$(shell $(CROSS)gcc -print-multiarch 2>/dev/null))$(MULTIARCH_INCLUDE)
BPF_CFLAGS = -target bpf -mcpu=v3 -g -O2 $(REPRODUCIBLE) -std=gnu11 -Wall -Wextra -Wshadow -Wconversion -Wno-unused-parameter -Werror \
	-I. -D__TARGET_ARCH_$(BPF_ARCH) -idirafter $(MULTIARCH_INCLUDE)

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c $(BUILD)/flags.bpf | $(BUILD)/bpf
	@echo "  BPF     $@"
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.o=.d) -MT $@ -c $< -o $@

$(SKELETONS): $(BUILD)/generated/%.skel.h: $(BUILD)/bpf/%.bpf.o | $(BUILD)/generated
	@echo "  SKEL    $@"
	$(Q)if [ -z "$(BPFTOOL)" ]; then echo 'no bpftool that works here was found: make deps, or BPFTOOL=PATH' >&2; exit 1; fi
	$(Q)# No warnings about generated code. Unlike -isystem, the pragma keeps the header in the dependency files.
	$(Q){ echo '#pragma GCC system_header'; $(BPFTOOL) gen skeleton $< name $*_bpf; } >$@.tmp && mv $@.tmp $@

# --- the user side --------------------------------------------------------------------------------------------------

# `make -j deps all` compiles nothing before the packages are installed.
FIRST := $(filter deps,$(MAKECMDGOALS)) $(if $(filter deb image,$(MAKECMDGOALS)),package-deps)

# These files contain the command lines, so that a changed compiler or flag rebuilds everything that was built with it.
# The folder is left out, because objects do not depend on it (REPRODUCIBLE).
FLAGS = $(subst $(CURDIR),.,$(CC) $(COMMON_CFLAGS) $(LINK_FLAGS))
FLAGS_BPF = $(subst $(CURDIR),.,$(CLANG) $(BPF_CFLAGS))
$(BUILD)/flags: FORCE | $(BUILD) $(FIRST)
	$(if $(PACKAGE_LIBS),,$(error not all libraries are there ($(LIBRARIES)): make deps))
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' >$@
$(BUILD)/flags.bpf: FORCE | $(BUILD) $(FIRST)
	@echo '$(FLAGS_BPF)' | cmp -s - $@ || echo '$(FLAGS_BPF)' >$@

# protobuf-c generates the messages of the container runtimes' interfaces. The generated code is compiled without warnings.
$(BUILD)/generated/%.pb-c.c $(BUILD)/generated/%.pb-c.h &: core/source/runtime/%.proto Makefile | $(BUILD)/generated $(FIRST)
	@echo "  PROTO   $(BUILD)/generated/$*.pb-c.h"
	$(Q)protoc-c --proto_path=core/source/runtime --c_out=$(BUILD)/generated $<
	@# The generated initialisers cast const away. clang would warn in every file that uses them.
	$(Q)sed -i -e '1i #pragma GCC system_header' -e 's/(char \*)protobuf_c_empty_string/(char *)(uintptr_t)protobuf_c_empty_string/g' \
		$(BUILD)/generated/$*.pb-c.h

$(BUILD)/obj/generated/%.o: $(BUILD)/generated/%.c $(BUILD)/flags
	@echo "  CC      $@"
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out $(WARNINGS),$(COMMON_CFLAGS)) -w -MMD -MP -c $< -o $@

# The shipped themes are part of the program: the name and the text of each, as C.
$(BUILD)/generated/themes.inc: $(THEMES) Makefile | $(BUILD)/generated
	@echo "  THEMES  $@"
	$(Q)for theme in $(THEMES:themes/%.yaml=%); do \
		echo "{\"$$theme\","; \
		sed -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' "themes/$$theme.yaml"; \
		echo '},'; done >$@.tmp && mv $@.tmp $@

# Generated headers are order-only prerequisites. The dependency files list the objects that include them.
$(BUILD)/obj/%.o: %.c $(BUILD)/flags | $(SKELETONS) $(PROTO_HEADERS) $(BUILD)/generated/themes.inc
	@echo "  CC      $@"
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(COMMON_CFLAGS) -MMD -MP -c $< -o $@

# tests/mutate/run links the library as a shared object. Programs are then not linked again when the library changes, so it is
# an order-only prerequisite.
LIBRARY ?= $(BUILD)/libpolecat.a
NEEDS_LIBRARY := $(LIBRARY)
ifneq ($(filter %.so,$(LIBRARY)),)
LINK_FLAGS += -Wl,-rpath,$(abspath $(BUILD))
NEEDS_LIBRARY := | $(LIBRARY)
endif
LINKED = $(filter-out $(LIBRARY),$^) $(LIBRARY)

$(BUILD)/libpolecat.so: $(CORE_OBJECTS) $(PROTO_OBJECTS) $(TUI_LIBRARY_OBJECTS)
	@echo "  LINK    $@"
	$(Q)$(CC) $(filter-out -pie,$(LINK_FLAGS)) -shared -Wl,-soname,$(@F) -o $@ $^ $(LIBS)

$(BUILD)/libpolecat.a: $(CORE_OBJECTS) $(PROTO_OBJECTS) $(TUI_LIBRARY_OBJECTS)
	@echo "  AR      $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# The map of a static program lists the archives that it contains, for its SBOM.
LINK_MAP = $(if $(STATIC),-Wl$(comma)-Map=$@.map)
comma := ,
$(BUILD)/polecat: $(BUILD)/obj/tui/main.o $(NEEDS_LIBRARY)
	@echo "  LINK    $@"
	$(Q)$(CC) $(LINK_FLAGS) $(LINK_MAP) -o $@ $(LINKED) $(LIBS)

$(BUILD)/kubectl-polecat: $(BUILD)/polecat
	$(Q)ln -sf $(<F) $@

$(BUILD) $(BUILD)/bpf $(BUILD)/generated:
	$(Q)mkdir -p $@

# --- tests, tools, benchmarks ---------------------------------------------------------------------------------------

$(TEST_LIBRARY): $(TEST_LIBRARY_SOURCES:%.c=$(BUILD)/obj/%.o)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $(TEST_LIBRARY) $(NEEDS_LIBRARY)
	@echo "  LINK    $@"
	$(Q)mkdir -p $(@D) && $(CC) $(LINK_FLAGS) -o $@ $(LINKED) $(LIBS) -lcmocka
$(BUILD)/tests/kernel/%: $(BUILD)/obj/tests/kernel/%.o $(TEST_LIBRARY) $(NEEDS_LIBRARY)
	@echo "  LINK    $@"
	$(Q)mkdir -p $(@D) && $(CC) $(LINK_FLAGS) -o $@ $(LINKED) $(LIBS) -lcmocka
$(BUILD)/tests/terminal/%: $(BUILD)/obj/tests/terminal/%.o $(TEST_LIBRARY) $(NEEDS_LIBRARY)
	@echo "  LINK    $@"
	$(Q)mkdir -p $(@D) && $(CC) $(LINK_FLAGS) -o $@ $(LINKED) $(LIBS) -lcmocka -lvterm -lutil
$(BUILD)/tests/tools/%: $(BUILD)/obj/tests/tools/%.o $(TEST_LIBRARY) $(NEEDS_LIBRARY)
	@echo "  LINK    $@"
	$(Q)mkdir -p $(@D) && $(CC) $(LINK_FLAGS) -o $@ $(LINKED) $(LIBS) -lvterm -lutil
# Benchmarks link one file of the test library. The other files need cmocka, which `make bench` does not install.
$(BUILD)/tests/bench/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/obj/tests/support/records.o $(LIBRARY)
	@echo "  LINK    $@"
	$(Q)mkdir -p $(@D) && $(CC) $(LINK_FLAGS) -o $@ $^ $(LIBS) $(BENCH_LIBS)

# Libraries for LD_PRELOAD. Sanitizers have their own allocator and functions, and cannot be used with them.
PRELOADS := $(patsubst %.c,$(BUILD)/%.so,$(wildcard tests/preload/*.c))
$(PRELOADS): $(BUILD)/%.so: %.c $(BUILD)/flags
	@echo "  LINK    $@"
	$(Q)mkdir -p $(@D) && $(CC) $(SYSROOT:%=--sysroot=%) -std=gnu11 -g -O2 $(WARNINGS) -fPIC -shared -o $@ $< -ldl

# Makes the generated headers, for checks that compile nothing.
generated: $(SKELETONS) $(PROTO_HEADERS) $(BUILD)/generated/themes.inc

# tests/fuzz/run builds the fuzzers, with clang and the flags for fuzzing.
$(BUILD)/tests/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(LIBRARY)
	@echo "  LINK    $@"
	$(Q)mkdir -p $(@D) && $(CC) $(LINK_FLAGS) -o $@ $^ $(LIBS)
fuzzers: $(FUZZ_SOURCES:%.c=$(BUILD)/%)

tools: $(TOOLS)
tests: all $(UNIT_TESTS) $(KERNEL_TEST_PROGRAMS) $(TERMINAL_TESTS) $(TOOLS) $(PRELOADS)
benches: all $(BENCHES)

unit: $(UNIT_TESTS)
	$(Q)tests/run --build $(BUILD) unit

test: deps
	$(Q)$(MAKE) --no-print-directory tests
	$(Q)tests/run --build $(BUILD) all

test-fresh:
	$(Q).ci/deps fresh
	$(Q)tests/run --timeout 3000 fresh

# KERNELS="5.10 lockdown" boots only these kernels; KERNEL_TESTS="test_collector_dns" runs only these tests there. With
# ARCH=aarch64, boots the kernel of that architecture, and runs the unit tests there, too.
test-kernels:
	$(Q).ci/deps test kernels $(if $(CROSS),cross)
	$(if $(CROSS),$(Q)$(MAKE) --no-print-directory sysroot)
	$(Q)$(MAKE) --no-print-directory all $(KERNEL_TEST_PROGRAMS) $(if $(CROSS),$(UNIT_TESTS))
	$(Q)POLECAT_KERNELS="$(or $(KERNELS),$(if $(CROSS),arm64))" POLECAT_KERNEL_TESTS="$(KERNEL_TESTS)" tests/run --build $(BUILD) --timeout 14400 kernels

# Lets each allocation of each command fail once, which takes minutes. `make test` takes a sample.
test-allocations:
	$(Q).ci/deps test
	$(Q)$(MAKE) --no-print-directory tests
	$(Q)POLECAT_ALLOCATIONS=all tests/run --build $(BUILD) --timeout 3600 system/failed_allocations

golden:
	$(Q).ci/deps test
	$(Q)$(MAKE) --no-print-directory all tools
	$(Q)tests/golden/regenerate --build $(BUILD)

fuzz:
	$(Q).ci/deps fuzz
	$(Q)tests/run fuzz

# MONKEY="--seed 7 --minutes 30 --sanitizers address" chooses the actions, the time, and the builds.
monkey:
	$(Q).ci/deps test
	$(Q)tests/monkey/run $(MONKEY)

# SOAK="--minutes 5 --rate 3000 --restart 30" chooses the time, the load and the restarts of the sources of names.
soak:
	$(Q).ci/deps test bench
	$(Q)$(MAKE) --no-print-directory all benches
	$(Q)tests/soak/run --build $(BUILD) $(SOAK)

# MUTATE="--count 40 --seed 7 tui" chooses how many mutants, which ones, and where.
mutate:
	$(Q).ci/deps test
	$(Q)tests/mutate/run $(MUTATE)

# CHECKS="layout includes" runs only these two checks.
check:
	$(Q).ci/deps check
	$(Q)tests/check/run $(CHECKS)

# BENCH="--seconds 1 --rounds 1" makes the benchmarks quicker and less exact.
bench:
	$(Q).ci/deps bench
	$(Q)$(MAKE) --no-print-directory benches
	$(Q)tests/bench/run --build $(BUILD) $(BENCH)

screenshots:
	$(Q).ci/deps test pictures
	$(Q)$(MAKE) --no-print-directory all tools
	$(Q)screenshots/make --build $(BUILD) $(SHOTS)

# --- for people -----------------------------------------------------------------------------------------------------

deps:
	$(Q).ci/deps

# Needs Debian's gcc-aarch64-linux-gnu for ARCH=aarch64.
sysroot:
	$(Q).ci/sysroot $(ARCH:aarch64=arm64) $(SYSROOT)

run:
	$(Q).ci/deps build
	$(Q)$(MAKE) --no-print-directory all
	$(Q)if [ "$$(id -u)" = 0 ]; then exec $(BUILD)/polecat; else exec sudo $(BUILD)/polecat; fi

# The paths of the installed files, for install and uninstall.
BIN_DIR = $(DESTDIR)$(PREFIX)/bin
BASH_COMPLETION = $(DESTDIR)$(PREFIX)/share/bash-completion/completions/polecat
ZSH_COMPLETION = $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_polecat
FISH_COMPLETION = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/polecat.fish
COMPLETIONS := $(addprefix $(BUILD)/completions/,bash zsh fish)
MAN_DIR = $(DESTDIR)$(PREFIX)/share/man
MANUAL_FILES := man1/polecat.1 man1/kubectl-polecat.1 man5/polecat-records.5 man7/polecat-filters.7 man7/polecat-keys.7
MANUAL_PAGES := $(addprefix $(BUILD)/man/,$(MANUAL_FILES))

# The program that prints the completions and the manual pages. One of another architecture cannot run here.
PRINTER := $(if $(CROSS),build/polecat,$(BUILD)/polecat)
ifneq ($(CROSS),)
build/polecat: FORCE
	$(Q)$(MAKE) --no-print-directory ARCH=$(HOST_ARCH) SYSROOT= BUILD=build all
endif

$(BUILD)/completions/%: $(PRINTER)
	$(Q)mkdir -p $(@D) && $< completion $* >$@

# The page of man7/polecat-keys.7 is `polecat manual keys`, without the settings of the user who builds.
$(BUILD)/man/%: $(PRINTER)
	$(Q)mkdir -p $(@D) && XDG_CONFIG_HOME=/nonexistent $< manual $(patsubst polecat-%,%,$(basename $(@F))) >$@

$(BUILD)/man/man1/kubectl-polecat.1: $(PRINTER)
	$(Q)mkdir -p $(@D) && echo .so man1/polecat.1 >$@

# The group whose members may run an installed polecat: with file capabilities, it shows the traffic of all users.
INSTALL_GROUP ?= polecat

# As root and without DESTDIR, makes the group. If there is no such group, everybody may run polecat, and it must not get file
# capabilities. A package sets the group when it is installed.
install: all $(COMPLETIONS) $(MANUAL_PAGES)
	install -D -m 0755 $(BUILD)/polecat $(BIN_DIR)/polecat
	@if [ -z '$(DESTDIR)' ] && [ "$$(id -u)" = 0 ] && ! getent group '$(INSTALL_GROUP)' >/dev/null; then \
		groupadd --system '$(INSTALL_GROUP)' || true; fi
	@if chgrp '$(INSTALL_GROUP)' $(BIN_DIR)/polecat 2>/dev/null && chmod 0750 $(BIN_DIR)/polecat; then \
		echo 'root and the group $(INSTALL_GROUP) may run polecat: usermod -aG $(INSTALL_GROUP) USER adds a user'; \
	else \
		echo 'everybody may run polecat, for want of the group $(INSTALL_GROUP): give it no file capabilities'; fi
	ln -sf polecat $(BIN_DIR)/kubectl-polecat
	install -D -m 0644 $(BUILD)/completions/bash $(BASH_COMPLETION)
	install -D -m 0644 $(BUILD)/completions/zsh $(ZSH_COMPLETION)
	install -D -m 0644 $(BUILD)/completions/fish $(FISH_COMPLETION)
	for page in $(MANUAL_FILES); do install -D -m 0644 $(BUILD)/man/$$page $(MAN_DIR)/$$page || exit 1; done

uninstall:
	rm -f $(BIN_DIR)/polecat $(BIN_DIR)/kubectl-polecat $(BASH_COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION)
	rm -f $(addprefix $(MAN_DIR)/,$(MANUAL_FILES))

# --- packages: the scripts are in deploy/package ---------------------------------------------------------------------

# The Debian name of the architecture.
DEB_ARCH := $(shell echo $(ARCH) | sed -e 's/x86_64/amd64/' -e 's/aarch64/arm64/' -e 's/ppc64le/ppc64el/')
# Packages have the time of the last commit, so that a second build gives the same bytes.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)
PACKAGE = SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) VERSION=$(VERSION) ARCH=$(ARCH) DEB_ARCH=$(DEB_ARCH) SYSROOT=$(SYSROOT) \
	STRIP=$(CROSS)strip READELF=$(CROSS)readelf BUILD=$(BUILD)
STATIC_PROGRAM := $(BUILD)/polecat-static-$(ARCH)

# The packages come before the first flag that pkg-config must know.
package-deps:
	$(Q).ci/deps build package

dist: package-deps
	$(Q)$(PACKAGE) deploy/package/dist

deb: package-deps all $(COMPLETIONS) $(MANUAL_PAGES)
	+$(Q)$(PACKAGE) deploy/package/deb

static: package-deps
	$(Q)$(MAKE) --no-print-directory STATIC=1 all
	$(Q)$(CROSS)strip -o $(STATIC_PROGRAM) $(BUILD)/static/polecat
	$(Q)$(PACKAGE) deploy/package/sbom $(STATIC_PROGRAM) $(BUILD)/static/polecat.map
	@echo '$(STATIC_PROGRAM), and its SBOM. Not in it: the Kubernetes API, CRI and Docker (libcurl), conntrack.'

image: package-deps all
	$(Q)$(PACKAGE) deploy/package/image

clean:
	rm -rf build

help:
	@echo 'make run          install what is missing, build, start the dashboard on this machine (through sudo)'
	@echo 'make test         the same, then all the tests; SANITIZER=address|undefined|thread tests that build'
	@echo 'make all          build/polecat'
	@echo 'make unit         the unit tests alone'
	@echo 'make check        direction and circles of includes, format, cppcheck, clang-tidy, shellcheck, gcc and clang'
	@echo 'make bench        speed and memory, as ratios against named peers'
	@echo 'make test-fresh   run these commands and all tests on a minimal Debian 12 made for it (root)'
	@echo 'make test-kernels run the tests of the collector on Linux 5.10 to 7, in QEMU; KERNELS=, KERNEL_TESTS= choose some'
	@echo '                  ARCH=aarch64: on Linux 6.1 for arm64, with the unit tests'
	@echo 'make test-allocations  let each memory allocation of each command fail once (minutes; make test takes a sample)'
	@echo 'make soak         an hour of 3,000 connections/s with restarts (root); SOAK="--minutes 5 --rate 3000 --restart 30"'
	@echo 'make golden       rewrite the golden files (read the difference before you commit it)'
	@echo 'make fuzz         run the fuzzers for a bounded time; FUZZ_SECONDS=10 FUZZERS="dns yaml"'
	@echo 'make monkey       use the dashboard at random, under each sanitizer; MONKEY="--seed 7 --minutes 30"'
	@echo 'make mutate       measure how many wrong one-line changes the tests notice; MUTATE="--count 40 --seed 7 tui"'
	@echo 'make screenshots  make the pictures of the README from a recording; SHOTS="pod light" makes only these'
	@echo 'make deps         install the packages (Debian, Ubuntu), or name them (Fedora, Alpine, Arch)'
	@echo 'make sysroot      ARCH=aarch64: download the libraries for make ARCH=aarch64, which cross-builds'
	@echo 'make install      PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) INSTALL_GROUP=$(INSTALL_GROUP) (who may run it); uninstall takes it back'
	@echo 'make dist         a source archive; make deb: a Debian package; make image: an OCI archive; make static: one static'
	@echo '                  program with its SBOM. A second build gives the same bytes. ARCH=aarch64 builds them for arm64'
	@echo 'make clean        remove build/'

# Prints a variable of this file, for scripts: make print-COMMON_CFLAGS
print-%:
	$(info $($*))
	@:

-include $(CORE_OBJECTS:.o=.d) $(TUI_OBJECTS:.o=.d) $(BPF_SOURCES:bpf/%.c=$(BUILD)/bpf/%.d)
-include $(TEST_OBJECTS:.o=.d)
