# haiki: build, install, tests. `make help` lists the targets.
# SPDX-License-Identifier: GPL-3.0-or-later

VERSION  := 0.1.0
# make has a CC of its own ("cc"), which ?= would keep.
ifeq ($(origin CC),default)
CC       := gcc
endif
PREFIX   ?= /usr
SYSCONFDIR ?= /etc
CONFIG   ?= release
BUILD    := build/$(CONFIG)
ROOMS    := base device inventory verify wipe reports cli

PACKAGES := blkid libudev liburing libcrypto sqlite3 jansson inih libsystemd
PACKAGE_FLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
PACKAGE_LIBS  := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lsgutils2 -pthread

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wvla -Wswitch-enum -Wstrict-prototypes \
            -Wmissing-prototypes -Wpointer-arith -Wformat=2 -Werror
CPPFLAGS += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I. -I$(BUILD) $(PACKAGE_FLAGS)
CFLAGS   ?= -O2 -g
CFLAGS   += -std=gnu17 -fno-strict-aliasing -fstack-protector-strong $(WARNINGS)
LDFLAGS  += -Wl,--as-needed
ifeq ($(CONFIG),release)
CPPFLAGS += -D_FORTIFY_SOURCE=2
CFLAGS   += -fPIE
LDFLAGS  += -pie -Wl,-z,relro,-z,now
endif
ifeq ($(CONFIG),asan)
CFLAGS   += -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS  += -fsanitize=address,undefined
endif

sources = $(wildcard $(1)/*.c)
objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
# From what uses to what is used: the order of linking, and the order of the rooms.
LIBRARIES := $(foreach room,reports wipe verify inventory device base,$(BUILD)/lib$(room).a)

.PHONY: all
all: $(BUILD)/haiki $(BUILD)/locale

$(BUILD)/haiki: $(call objects,$(call sources,cli)) $(LIBRARIES)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(LIBRARIES) -Wl,--end-group $(PACKAGE_LIBS)

define library
$(BUILD)/lib$(1).a: $(call objects,$(call sources,$(1)))
	@mkdir -p $$(@D)
	@rm -f $$@
	ar rcs $$@ $$^
endef
$(foreach room,base device inventory verify wipe reports,$(eval $(call library,$(room))))

# What the program says it is. Rewritten only when it changes, so that nothing is built for nothing.
LOCALEDIR ?= $(PREFIX)/share/locale
BUILD_ID  := $(shell git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)
$(BUILD)/version.h: force
	@mkdir -p $(@D)
	@printf '#define HAIKI_VERSION "%s"\n#define HAIKI_BUILD "%s"\n#define HAIKI_LOCALE_DIR "%s"\n' \
		'$(VERSION)' '$(BUILD_ID)' '$(LOCALEDIR)' >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
.PHONY: force
force:

$(BUILD)/%.o: %.c | $(BUILD)/version.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The default policy is inside this object (.incbin), of which the compiler's list knows nothing.
$(BUILD)/wipe/policy.o: wipe/policy_default.json

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# Unit tests: tests/unit/test_NAME.c, one program each; it may include support from tests/support/.
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
SUPPORT    := $(call objects,$(call sources,tests/support))
$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(SUPPORT) $(LIBRARIES)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(LIBRARIES) -Wl,--end-group $(PACKAGE_LIBS) -lcmocka
.SECONDARY:

.PHONY: unit
unit: $(UNIT_TESTS)
	@for test in $(UNIT_TESTS); do $$test || exit 1; done

# Translations: build/CONFIG/locale/LANGUAGE/LC_MESSAGES/haiki.mo, as bindtextdomain(3) wants them.
CATALOGUES := $(patsubst po/%.po,$(BUILD)/locale/%/LC_MESSAGES/haiki.mo,$(wildcard po/*.po))
.PHONY: $(BUILD)/locale
$(BUILD)/locale: $(CATALOGUES)
$(BUILD)/locale/%/LC_MESSAGES/haiki.mo: po/%.po
	@mkdir -p $(@D)
	msgfmt --check -o $@ $<

.PHONY: clean
clean:
	rm -rf build
