# haiki: build, install, tests. `make help` lists the targets.
# SPDX-License-Identifier: GPL-3.0-or-later

VERSION    := 0.1.0
PREFIX     ?= /usr/local
LOCALE_DIR := $(PREFIX)/share/locale

# ---- what is built how ----

# release | clang (the same by clang) | asan (AddressSanitizer and UBSan) | analyze (gcc -fanalyzer)
# | fuzz (libFuzzer). Each has its own folder.
CONFIG   ?= release
BUILD    := build/$(CONFIG)
ROOMS    := base device inventory verify wipe reports cli

# make has a CC of its own ("cc"), which ?= would keep.
ifeq ($(origin CC),default)
CC       := $(if $(filter clang fuzz,$(CONFIG)),clang,gcc)
endif

PACKAGES := blkid libseccomp libudev liburing libcryptsetup libcrypto sqlite3 jansson inih libsystemd \
            libcurl libxml-2.0 libvirt libp11 libqpdf libqrencode pangocairo
PACKAGE_FLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
PACKAGE_LIBS  := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lsgutils2 -lcsv -pthread

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wvla -Wswitch-enum -Wstrict-prototypes \
            -Wmissing-prototypes -Wpointer-arith -Wformat=2 -Werror
CPPFLAGS += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I. -I$(BUILD) $(PACKAGE_FLAGS)
CFLAGS   ?= -O2 -g
CFLAGS   += -std=gnu17 -fno-strict-aliasing -fstack-protector-strong $(WARNINGS)
LDFLAGS  += -Wl,--as-needed
ifneq ($(filter release clang,$(CONFIG)),)
CPPFLAGS += -D_FORTIFY_SOURCE=2
CFLAGS   += -fPIE
LDFLAGS  += -pie -Wl,-z,relro,-z,now
endif
ifeq ($(CONFIG),asan)
CFLAGS   += -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ifeq ($(CONFIG),analyze)
CPPFLAGS += -DHAIKI_ANALYZE
CFLAGS   += -fanalyzer
endif
ifeq ($(CONFIG),fuzz)
CFLAGS   += -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
endif

# One short line for each command; V=1 shows the commands instead.
ifeq ($(V),1)
say  =
hide =
else
say  = $(if $(findstring s,$(firstword -$(MAKEFLAGS))),,@echo '$(1) $(2)')
hide = @
endif

# A room is a folder, and its folders are the parts of it.
sources = $(wildcard $(1)/*.c $(1)/*/*.c)
objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
# From what uses to what is used: the order of linking, and the order of the rooms.
LIBRARIES := $(foreach room,reports wipe verify inventory device base,$(BUILD)/lib$(room).a)
define link
	$(call say,LD,$@)
	$(hide)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) \
		-Wl,--start-group $(LIBRARIES) -Wl,--end-group $(PACKAGE_LIBS) $(1)
endef

.PHONY: all
all: $(BUILD)/haiki $(BUILD)/haiki-verify locale

$(BUILD)/haiki: $(call objects,$(filter-out cli/verifier.c,$(call sources,cli))) $(LIBRARIES)
	$(call link)

# What an auditor builds: needs the headers of OpenSSL and jansson and nothing of storage.
VERIFIER := $(addprefix cli/,main.c verifier.c options.c output.c table.c format.c describe.c describe_remark.c settings.c \
                supervise.c stop.c verify_options.c verify_anchors.c verify_check.c verify_files.c \
                verify_print.c verify_json.c verify_certificate.c \
                verify_ledger.c verify_ledger_ask.c verify_ledger_progress.c verify_findings.c findings.c) \
            $(addprefix base/,base64.c buffer.c clock.c config_size.c day.c digest.c digest_alone.c error.c file.c \
                json.c log.c nearest.c utf8.c) \
            $(addprefix device/,command/capacity_words.c identity/identity_same.c identity/identity_words.c \
                engine/engine_names.c engine/stream.c erase/erase_answer.c command/ata_identify.c \
                probe/signature_words.c command/ata.c command/scsi.c) \
            $(foreach part,certificate judge ledger pdf plan tenant,$(wildcard verify/$(part)/*.c)) \
            verify/media/markers.c verify/media/media.c
VERIFIER_LIBS := $(shell pkg-config --libs libcrypto jansson 2>/dev/null)

.PHONY: haiki-verify
haiki-verify: $(BUILD)/haiki-verify
$(BUILD)/haiki-verify: $(call objects,$(VERIFIER))
	$(call say,LD,$@)
	$(hide)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(VERIFIER_LIBS) -pthread

define library
$(BUILD)/lib$(1).a: $(call objects,$(call sources,$(1)))
	$$(call say,AR,$$@)
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(hide)ar rcs $$@ $$^
endef
$(foreach room,base device inventory verify wipe reports,$(eval $(call library,$(room))))

$(BUILD)/%.o: %.c | $(BUILD)/version.h
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(hide)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The default policy is part of the program (.incbin), which the compiler does not tell us.
$(BUILD)/wipe/plan/policy_default.o: wipe/plan/policy_default.json
# So are the words of notices.
$(BUILD)/wipe/notice/notice_texts.o: $(wildcard wipe/notice/texts/*.txt)
# So are the files of the site.
$(BUILD)/reports/site/assets.o: $(wildcard reports/site/*.js reports/site/*.css reports/site/*.html)

# Objects are kept, and made again when a header they include has changed.
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# Which program this is. Only written anew when it says something else, or all would be compiled.
define VERSION_HEADER
/* Made by the Makefile. */
#define HAIKI_VERSION "$(VERSION)"
#define HAIKI_BUILD "$(shell packaging/build-id)"
#define HAIKI_LOCALE_DIR "$(LOCALE_DIR)"
endef
export VERSION_HEADER

$(BUILD)/version.h: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$$VERSION_HEADER" >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

.PHONY: FORCE
FORCE:

# ---- translations ----

CATALOGUES := $(patsubst po/%.po,$(BUILD)/locale/%/LC_MESSAGES/haiki.mo,$(wildcard po/*.po))

.PHONY: locale
locale: $(CATALOGUES)

$(BUILD)/locale/%/LC_MESSAGES/haiki.mo: po/%.po
	$(call say,MSGFMT,$<)
	@mkdir -p $(@D)
	$(hide)msgfmt --check -o $@ $<

# ---- Debian packages ----

BUILD_PACKAGES := gcc make pkg-config gettext libblkid-dev libseccomp-dev libudev-dev liburing-dev libcryptsetup-dev libssl-dev \
                  libsqlite3-dev libjansson-dev libinih-dev libsystemd-dev libsgutils2-dev libcsv-dev \
                  libcurl4-openssl-dev libxml2-dev libvirt-dev libp11-dev libqpdf-dev libqrencode-dev libpango1.0-dev fonts-ipafont-gothic fonts-ipamj-mincho
# Without these `make test` cannot run.
TEST_PACKAGES  := clang libcmocka-dev
# Without one of these some tests are skipped.
TOOL_PACKAGES  := e2fsprogs dosfstools xfsprogs fdisk gdisk util-linux mount jq openssl sqlite3 perl \
                  testdisk cryptsetup-bin lvm2 dmsetup faketime fio libfuse3-dev fuse3 man-db \
                  bash-completion qpdf poppler-utils zbar-tools softhsm2 opensc swtpm swtpm-tools tpm2-tools tpm2-openssl \
                  chromium chromium-driver libvirt-daemon libvirt-clients qemu-utils \
                  golang-go golang-github-vmware-govmomi-dev systemd strace $(GUEST_PACKAGES)
# A guest with a kernel of its own, and what its tests set up in it.
GUEST_PACKAGES := user-mode-linux busybox-static udev kmod mdadm lvm2 dmsetup cryptsetup-bin \
                  thin-provisioning-tools btrfs-progs qemu-system-x86 cpio xz-utils nvme-cli \
                  sg3-utils hdparm smartmontools
LINT_PACKAGES  := clang clang-format clang-tidy libcmocka-dev
FUZZ_PACKAGES  := clang libclang-rt-14-dev
BENCH_PACKAGES := fio jq openssl util-linux mount
# Without one of these its line in the table says so, and the bench fails.
BENCH_PEERS    := nwipe scrub

.PHONY: deps deps-test
deps:
	@packaging/install-packages $(BUILD_PACKAGES)

deps-test:
	@packaging/install-packages $(BUILD_PACKAGES) $(TEST_PACKAGES) --optional $(TOOL_PACKAGES)

# ---- installation ----

INSTALL_DATA = install -D -m 644
SHARE        = $(DESTDIR)$(PREFIX)/share
UNITS        = $(DESTDIR)$(PREFIX)/lib/systemd/system

.PHONY: install
install: all
	$(call say,INSTALL,$(DESTDIR)$(PREFIX))
	$(hide)install -D -m 755 $(BUILD)/haiki $(DESTDIR)$(PREFIX)/bin/haiki
	$(hide)install -D -m 755 $(BUILD)/haiki-verify $(DESTDIR)$(PREFIX)/bin/haiki-verify
	$(hide)for page in $(wildcard docs/*.[1-8]); do \
		$(INSTALL_DATA) $$page $(SHARE)/man/man$${page##*.}/$${page##*/} || exit 1; done
	$(hide)for catalogue in $(CATALOGUES:$(BUILD)/locale/%=%); do \
		$(INSTALL_DATA) $(BUILD)/locale/$$catalogue $(DESTDIR)$(LOCALE_DIR)/$$catalogue || exit 1; done
	$(hide)$(INSTALL_DATA) packaging/haiki.bash $(SHARE)/bash-completion/completions/haiki
	$(hide)$(INSTALL_DATA) wipe/plan/policy_default.json $(SHARE)/haiki/policy.json
	$(hide)$(INSTALL_DATA) packaging/policy-municipal.json $(SHARE)/haiki/policy-municipal.json
	$(hide)$(INSTALL_DATA) -t $(UNITS) $(wildcard packaging/haiki-*.service packaging/haiki-*.timer)
	$(hide)sed -i 's|/usr/bin/haiki|$(PREFIX)/bin/haiki|' $(UNITS)/haiki-*.service
	$(hide)$(INSTALL_DATA) -t $(SHARE)/haiki/notices $(wildcard wipe/notice/texts/*.txt)
	$(hide)install -D -m 755 packaging/backup-hook $(SHARE)/doc/haiki/backup-hook
	$(hide)$(INSTALL_DATA) -t $(SHARE)/doc/haiki packaging/haiki.conf packaging/haiki-expired-vsphere.conf COPYING \
		$(wildcard README.md docs/*.md)

.PHONY: clean
clean:
	rm -rf build

.PHONY: help
help:
	@echo 'make               build build/release/haiki and its translations'
	@echo 'make demo          install what is missing, build, and show the whole way on throw-away devices'
	@echo 'make test          install what is missing, build, run all tests'
	@echo 'make install       DESTDIR= PREFIX=$(PREFIX)'
	@echo 'make deps          install the Debian packages a build needs; deps-test: and those for the tests'
	@echo 'make unit          the unit tests alone; layers: the rules of the rooms alone'
	@echo 'make guest         the tests in a guest: a real kernel with md, LVM, LUKS, SCSI drives'
	@echo 'make thorough      the host tests and the guests with all that takes long'
	@echo 'make asan          unit, fuzz and host tests under AddressSanitizer and UBSan'
	@echo 'make valgrind      the unit tests under valgrind'
	@echo 'make lint          clang-format, clang-tidy, gcc -fanalyzer; format: let clang-format mend'
	@echo 'make fuzz          each fuzz target for FUZZ_SECONDS=60'
	@echo 'make bench         throughput and cost beside fio, dd, shred, scrub and nwipe'
	@echo 'make bench-certificates  how many certificates are checked in a second'
	@echo 'make haiki-verify  the checker alone, for an auditor: only libcrypto and jansson'
	@echo 'make bench-scale   every list and show on the store of a data centre'
	@echo 'make bench-ledger  the full check of a ledger of a million records'
	@echo 'make clean         remove build/'
	@echo
	@echo 'V=1 shows the commands; CONFIG=clang builds by clang into build/clang.'
	@echo 'Targets that make loop devices (demo, test, asan, valgrind, bench) or have packages to install'
	@echo 'are run with sudo.'

include tests/rules.mk
