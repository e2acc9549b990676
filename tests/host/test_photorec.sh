#!/bin/bash
# An ext4 with marked files: photorec finds them before, and nothing afterwards.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/markers.sh"

recovered() {
	local device
	need photorec mkfs.ext4
	make_keys
	make_drive device $((48 * MIB))
	plant_markers "$device"
	photorec_count "$device" before
	[ "$REPLY" -gt 10 ] || fail "photorec found only $REPLY files before: this test shows nothing"
	echo "before: $REPLY files, $(marker_count "$device") markers"
	[ "$(marker_count "$device")" -gt 100 ]
	wipe "$device" --scheme "$1"
	assert_exit 0
	assert_proven "$device"
	assert_same 0 "$(marker_count "$device")" "markers left"
	photorec_count "$device" after
	# Random bytes may look like a file's first bytes by chance; a marker in them may not.
	[ "$1" = random ] || assert_same 0 "$REPLY" "files recovered"
	! grep --recursive --quiet --text "$MARKER" "$CASE/photorec-after"/found* ||
		fail "a marker was recovered"
	echo "after: $REPLY files"
	if [ "$1" != random ] && command -v foremost >/dev/null; then
		foremost -q -i "${BACKING[$device]}" -o "$CASE/foremost" >/dev/null 2>&1
		assert_same 0 "$(find "$CASE/foremost" -type f ! -name audit.txt | wc -l)" "foremost's files"
	fi
}

check "photorec recovers nothing after zeros" recovered zero
check "no marker is left after a random pass" recovered random
finish
