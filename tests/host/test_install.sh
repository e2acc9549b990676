#!/bin/bash
# What `make install` puts into a folder works from there.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

installed() {
	local device
	make --silent -C "$REPOSITORY" install DESTDIR="$CASE/root" PREFIX=/usr
	HAIKI=$CASE/root/usr/bin/haiki
	[ -x "$HAIKI" ]
	"$HAIKI" --version
	make_keys
	make_drive device $MIB
	wipe "$device"
	assert_exit 0
	assert_proven "$device"
}

files() {
	make --silent -C "$REPOSITORY" install DESTDIR="$CASE/root" PREFIX=/usr
	[ -n "$(find "$CASE/root" -name 'haiki.1*')" ] || fail "no manual page"
	[ -n "$(find "$CASE/root" -path '*bash-completion*' -name haiki)" ] || fail "no completion"
	[ -n "$(find "$CASE/root" -path '*/ja/LC_MESSAGES/haiki.mo')" ] || fail "no Japanese"
	[ -z "$(find "$CASE/root" -type f -perm /022)" ] || fail "files others may write"
	! grep -rIl "$CASE/root" "$CASE/root" || fail "the staging folder stands in an installed file"
}

another_prefix() {
	make --silent -C "$REPOSITORY" install DESTDIR="$CASE/root" PREFIX=/opt/haiki
	"$CASE/root/opt/haiki/bin/haiki" --help >/dev/null
	grep -qx "ExecStart=/opt/haiki/bin/haiki inventory watch" "$CASE/root/opt/haiki/lib/systemd/system/haiki-watch.service"
}

# As systemd reads it, without any of this machine's other units.
unit() {
	need systemd-analyze
	make --silent -C "$REPOSITORY" install DESTDIR="$CASE/root" PREFIX=/usr
	mkdir "$CASE/unit"
	sed "s|/usr/bin/haiki|$HAIKI|" "$CASE/root/usr/lib/systemd/system/haiki-watch.service" >"$CASE/unit/haiki-watch.service"
	! systemd-analyze verify --man=no "$CASE/unit/haiki-watch.service" 2>&1 | grep haiki-watch || fail "systemd objects to it"
}

check "the installed program runs" installed
check "manual page, completion, catalogue" files
check "another prefix" another_prefix
check "the unit of the watch is one" unit
finish
