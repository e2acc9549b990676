#!/bin/bash
# Drives whose bytes take over what reads them: each is an error of that drive alone, nothing of the
# machine is touched, and the others are looked at as ever. The library that is taken over is
# tests/inject/hostile.c.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

prepare() {
	make -s -C "$REPOSITORY/tests/inject" BUILD="$TOOLS" "$TOOLS/hostile.so" || skip "hostile.so cannot be built"
	! ldd "$HAIKI" | grep -q libasan || skip "a sanitizer's library must be loaded first"
	WRAPPER="env LD_PRELOAD=$TOOLS/hostile.so"
}

# hostile VARIABLE WORD: a drive with a filesystem and a word of command.
hostile() {
	local file
	file=$(mktemp "$CASE/hostile.XXXXXX")
	truncate -s $((4 * MIB)) "$file"
	mkfs.ext4 -qF "$file" 2>/dev/null
	printf 'HAIKI-TEST %s' "$2" | dd of="$file" bs=$MIB seek=1 conv=notrunc status=none
	attach_file "$1" "$file"
}

# drive_json DEVICE FILTER: of the last scan.
drive_json() {
	jq --raw-output ".drives[] | select(.identity.name == \"${1#/dev/}\") | $2" "$CASE/out"
}

scan_with_hostile() {
	local crash open socket write flood good before word device
	prepare
	hostile crash crash
	hostile open open
	hostile socket socket
	hostile write write
	hostile flood flood
	hostile good nothing
	before=$(sha256sum "${BACKING[@]}")
	run_haiki inventory scan --json
	assert_exit 0 6
	for device in "$crash" "$socket" "$write" "$flood"; do
		assert_same "$(drive_json "$device" .layers_known)" 0 "$device: its layers pass for known"
		[ -n "$(drive_json "$device" .note)" ] || fail "$device: no word about it"
	done
	[[ $(drive_json "$crash" .note) == *"signal 11"* ]] || fail "no crash: $(drive_json "$crash" .note)"
	for device in "$open" "$good"; do
		assert_same "$(drive_json "$device" .layers_known)" 1
		assert_same "$(drive_json "$device" '.layers[0].type')" ext4
		assert_same "$(drive_json "$device" .note)" ""
	done
	assert_same "$before" "$(sha256sum "${BACKING[@]}")" "a drive was written"
}

# What an earlier scan saw stays known as such, and is not taken for what is there now.
known_from_before() {
	local device
	prepare
	hostile device crash
	WRAPPER='' run_haiki inventory scan --json
	assert_exit 0 6
	assert_same "$(drive_json "$device" '.layers[0].type')" ext4
	run_haiki inventory scan --json
	[ -n "$(drive_json "$device" .note)" ] || fail "no word about it"
}

check "a drive that takes over its reader is an error of its own" scan_with_hostile
check "what was known of it before is kept" known_from_before
finish
