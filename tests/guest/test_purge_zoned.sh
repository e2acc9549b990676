#!/bin/bash
# guest: --qemu --image zoned=32M --image gaps=32M --argument '-device nvme,id=first,serial=ZONED -device nvme-ns,drive=zoned,bus=first,zoned=on,zoned.zone_size=4M,zoned.zone_capacity=4M -device nvme,id=second,serial=GAPS -device nvme-ns,drive=gaps,bus=second,zoned=on,zoned.zone_size=4M,zoned.zone_capacity=3M'
# A drive whose zones must be written in order (NVMe ZNS): its zones are reset, then overwritten one
# after the other and read back. One whose zones cannot be filled to their ends is refused.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

node_of() {
	local serial
	for serial in /sys/block/nvme*; do
		[ "$(sed 's/ *$//' "$serial/device/serial" 2>/dev/null)" = "$1" ] && echo "/dev/${serial##*/}" && return
	done
	return 1
}

DRIVE_MIB=32

# fill_zones DRIVE MIB: from the beginning, in order.
fill_zones() {
	old_contents $(($2 * MIB)) | dd of="$1" bs=1M oflag=direct iflag=fullblock status=none
}

zones_are_overwritten() {
	local drive
	make_keys
	drive=$(node_of ZONED) || skip "this kernel shows no zoned namespace"
	assert_same host-managed "$(cat "/sys/block/${drive##*/}/queue/zoned")"
	fill_zones "$drive" 10 # two zones full, one half
	run_haiki wipe run "$drive" --serial ZONED --json
	assert_exit 0
	assert_record "$(certificate_of)" proven
	assert_json '.subject.identity.zoned == "host-managed" and .verdict.verification == "full" and
		(.plan.steps | map(.method) | join(" ")) == "erase overwrite read-back residue-scan" and
		.plan.steps[0].technique == "zone-reset" and .verdict.level == "clear"' "$(certificate_of)"
	assert_holds_stream "$drive" "$(certificate_of)"
	# All full: again, from the reset on.
	run_haiki wipe run "$drive" --serial ZONED --json
	assert_exit 0
	assert_holds_stream "$drive" "$(certificate_of)"
}

several_passes_are_refused() {
	local drive
	make_keys
	drive=$(node_of ZONED) || skip "this kernel shows no zoned namespace"
	run_haiki wipe run "$drive" --serial ZONED --scheme schneier --json
	assert_exit 4
}

gaps_are_refused() {
	local drive
	make_keys
	drive=$(node_of GAPS) || skip "this kernel shows no zoned namespace"
	fill_zones "$drive" 2
	run_haiki wipe run "$drive" --serial GAPS --json
	assert_exit 4
	dd if="$drive" bs=1M count=2 status=none | grep -qF "$OLD_TEXT" || fail "a refused drive was written to"
}

check "zones are reset, overwritten in order and read back" zones_are_overwritten
check_thoroughly "a scheme of several passes is refused" several_passes_are_refused
check "zones that cannot be filled to their ends are refused" gaps_are_refused
finish
