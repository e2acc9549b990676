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
	grep -qx "ExecStart=/opt/haiki/bin/haiki wipe expired" "$CASE/root/opt/haiki/lib/systemd/system/haiki-expired.service"
	[ -f "$CASE/root/opt/haiki/lib/systemd/system/haiki-expired.timer" ]
	[ -f "$CASE/root/opt/haiki/share/haiki/notices/before.ja.txt" ]
}

check "the installed program runs" installed
check "manual page, completion, catalogue" files
check "another prefix" another_prefix
finish
