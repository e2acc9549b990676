#!/bin/bash
# Every byte of every size: whole requests, a sector less, a sector more, and next to nothing.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# A drive of so many bytes whose backing file goes on behind it by less than a sector: what lies
# outside the device is not touched.
one_size() {
	local bytes=$1 sector=$2 device file
	make_keys
	file=$CASE/drive
	old_contents $((bytes + sector - 1)) >"$file"
	attach_file device "$file" "$sector" --sizelimit "$bytes"
	assert_same "$bytes" "$(bytes_of "$device")" "the size of the device"
	wipe "$device"
	assert_exit 0
	assert_proven "$device"
	assert_json ".subject.identity.capacity_bytes == $bytes and .plan.capacity_bytes == $bytes and
		.verdict.bytes_overwritten == $bytes and .verdict.bytes_read_back == $bytes and
		.plan.sector_bytes == $sector" "$(certificate_of)"
	cmp <(tail -c $((sector - 1)) "$file") \
		<(old_contents $((bytes + sector - 1)) | tail -c $((sector - 1))) ||
		fail "bytes behind the device were touched"
}

a_window() {
	local device file=$CASE/drive bytes=$((MIB + 3 * 512)) offset=$((5 * 4096))
	make_keys
	old_contents $((4 * MIB)) >"$file"
	attach_file device "$file" 512 --offset $offset --sizelimit $bytes
	wipe "$device"
	assert_exit 0
	tail -c +$((offset + 1)) "$file" | head -c $bytes >"$CASE/window"
	cmp "$CASE/window" <(stream "$(certificate_of)" $bytes)
	cmp <(head -c $offset "$file") <(old_contents $offset)
	cmp <(tail -c +$((offset + bytes + 1)) "$file") \
		<(old_contents $((4 * MIB)) | tail -c +$((offset + bytes + 1)))
}

# The loop driver shows also a part of a sector, which nobody can address: all or nothing.
part_of_a_sector() {
	local device
	make_keys
	old_contents $((MIB + 512)) >"$CASE/drive"
	attach_file device "$CASE/drive" 4096
	[ "$(bytes_of "$device")" -eq $((MIB + 512)) ] || skip "this kernel cuts the device to whole sectors"
	wipe "$device"
	if [ "$STATUS" -eq 0 ]; then
		assert_proven "$device"
	else
		assert_exit 3 4
		cmp "$CASE/drive" <(old_contents $((MIB + 512)))
	fi
}

for sector in 512 4096; do
	for bytes in $sector $((7 * sector)) $((64 * 1024 - sector)) $((MIB - sector)) $MIB $((MIB + sector)) \
		$((2 * MIB - sector)) $((8 * MIB)) $((8 * MIB + sector)) $((9 * MIB + 3 * sector)) \
		$((17 * MIB - sector)); do
		check "$bytes bytes in sectors of $sector" one_size $bytes $sector
	done
done
check "a device that ends within a sector" part_of_a_sector
check "a window in a file: nothing before or behind it" a_window
finish
