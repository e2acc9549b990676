#!/bin/bash
# guest: --qemu --hot-plug --image one=8M --image two=8M --image single=8M --image plugged=8M --argument '-device nvme-subsys,id=twin,nqn=twin -device nvme,id=first,serial=TWIN,subsys=twin -device nvme,id=second,serial=TWIN,subsys=twin -device nvme-ns,drive=one,nsid=1,shared=off,bus=second -device nvme-ns,drive=two,nsid=2,shared=off,bus=first -device nvme,drive=single,serial=SINGLE -device pcie-root-port,id=bay,chassis=9,slot=9'
# NVMe drives on PCI: the right one is found where names and controllers do not go together, and a
# drive that is plugged in, pulled out and put back is told apart from others.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# The node whose namespace has this image's number and is of the subsystem of two controllers.
SINGLE=$(readlink -f /dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_SINGLE)
ONE=$(readlink -f /dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_TWIN_1)
TWO=$(readlink -f /dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_TWIN_2)
DRIVE_MIB=8
fill "$ONE" "$TWO" "$SINGLE"

# digests NODE…: what lies on them.
digests() {
	local node
	for node; do
		digest_of "$node"
	done
}

# The controller that a namespace really hangs on: that of its hidden path, nvme1c0n2 for nvme1n2.
controller_of() {
	local subsystem namespace path
	IFS=n read -r _ _ subsystem namespace <<<"${1//nvme/nn}"
	for path in "/sys/block/nvme${subsystem}c"*"n$namespace"; do
		basename "$(readlink -f "$path/device")"
	done
}

premise() {
	local node
	for node in "$ONE" "$TWO"; do
		[[ ${node##*/} == "$(controller_of "${node##*/}")"n* ]] || return 0
	done
	fail "each namespace is named as its controller: $ONE $(controller_of "$ONE"), $TWO $(controller_of "$TWO")"
}

# One namespace is mounted; the other, of the same subsystem and serial number, is free.
the_mounted_one_is_refused() {
	local before
	make_keys
	mkfs.ext4 -q -F "$1"
	mkdir "$CASE/mount"
	mount -o ro,noload "$1" "$CASE/mount"
	before=$(digests "$2")
	run_haiki wipe plan "$1" "$2" "$SINGLE" --json
	assert_exit 6
	assert_json "[.targets[] | select(.guard.result == \"refused\") | .path] == [\"$1\"]"
	umount "$CASE/mount"
	assert_same "$before" "$(digests "$2")"
}

# The generic node of a namespace, or a controller: commands pass by the block layer.
command_node_is_open() {
	local node=$1 opener
	make_keys
	[ -c "$node" ] || fail "there is no $node"
	sleep 600 <>"$node" &
	opener=$!
	remember processes $opener
	run_haiki wipe plan "$2" --json
	assert_exit 3
	assert_json ".targets[0].guard.checks | any(.check == \"opened\" and .result == \"refused\" and
		(.detail | contains(\"pid $opener\") and contains(\"${node##*/} (sends commands\")))"
	run_haiki wipe plan "$3" --json
	assert_exit 0
}

the_right_one_is_wiped() {
	local before
	make_keys
	before=$(digests "$2" "$SINGLE")
	# The two namespaces of one subsystem have one serial number, and each a WWN of its own.
	wipe "$1"
	assert_exit 3
	assert_json '.jobs[0].error.code == "guard-identity"'
	run_haiki wipe run "$1" --serial "$(wwn_of "$1")" --json
	assert_exit 0
	assert_json ".jobs[0].outcome == \"proven\" and .jobs[0].name == \"${1##*/}\""
	assert_holds_stream "$1" "$(certificate_of)"
	assert_same "$before" "$(digests "$2" "$SINGLE")" "another drive was written"
}

# QEMU's own Format really erases, to zeros: the policy must take a drive's word for those.
format_hits_no_other() {
	local before format
	make_keys
	fill "$1"
	before=$(digests "$2" "$SINGLE")
	format=$(nvme id-ns "$1" --output-format=json | jq .flbas)
	jq --null-input '{format: "haiki-policy", format_version: 1, name: "test", version: "1",
		source: "test", schemes: [], rules: [{zone: "*", media: "*", confidentiality: "*",
		level: "clear", scheme: "random", verification: "full", deallocated_accepted: 1,
		methods: ["nvme-format-user+overwrite"]}]}' >"$CASE/policy.json"
	run_haiki wipe run "$1" --serial "$(wwn_of "$1")" --policy "$CASE/policy.json" --json
	assert_exit 0
	assert_json ".jobs[0].outcome == \"proven\" and .jobs[0].name == \"${1##*/}\""
	assert_json '[.plan.steps[] | select(.method == "erase") | .technique] == ["nvme-format-user"]' \
		"$(certificate_of)"
	assert_holds_stream "$1" "$(certificate_of)"
	assert_same "$before" "$(digests "$2" "$SINGLE")" "another drive was written"
	assert_same "$format" "$(nvme id-ns "$1" --output-format=json | jq .flbas)" "another format"
}

# Zeros prove nothing without that word; the next method of the order is tried on the drive that was
# confirmed, which its serial number alone does not name.
next_method_after_format() {
	local before
	make_keys
	fill "$1"
	before=$(digests "$2" "$SINGLE")
	jq --null-input '{format: "haiki-policy", format_version: 1, name: "test", version: "1",
		source: "test", schemes: [], rules: [{zone: "*", media: "*", confidentiality: "*",
		level: "clear", scheme: "random", verification: "full",
		methods: ["nvme-format-user+overwrite", "overwrite"]}]}' >"$CASE/policy.json"
	run_haiki wipe run "$1" --serial "$(wwn_of "$1")" --policy "$CASE/policy.json" --json
	assert_exit 0
	assert_json '[.jobs[].outcome] == ["failed", "proven"]'
	assert_holds_stream "$1" "$(certificate_of 1)"
	assert_same "$before" "$(digests "$2" "$SINGLE")" "another drive was written"
}

serial_of_two_is_refused() {
	make_keys
	run_haiki inventory scan
	run_haiki wipe run TWIN --serial TWIN --json
	assert_exit 2 3
	assert_json '(.jobs // []) | all(.outcome == "refused")'
}

PLUGGED=/dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_PLUGGED
plugged_in() {
	local node before
	make_keys
	before=$(digests "$ONE" "$TWO" "$SINGLE")
	plug plugged nvme '"serial": "PLUGGED"' '"bus": "bay"'
	until_true 60 test -b $PLUGGED
	node=$(readlink -f $PLUGGED)
	fill "$node"
	run_haiki inventory scan --json
	assert_json '[.. | objects | select(.serial? == "PLUGGED")] | length == 1'
	released "$node"
	pull plugged
	until_true 60 test ! -e "/sys/block/${node##*/}"
	run_haiki wipe plan "$node" --json
	assert_exit 1 2 3
	# Put back, it is as it was certified.
	plug plugged nvme '"serial": "PLUGGED"' '"bus": "bay"'
	until_true 60 test -b $PLUGGED
	node=$(readlink -f $PLUGGED)
	run_haiki verify media "$node" --certificate "$(ls "$STATE"/certificates/*.json)" --json
	assert_exit 0
	pull plugged
	until_true 60 test ! -e "/sys/block/${node##*/}"
	assert_same "$before" "$(digests "$ONE" "$TWO" "$SINGLE")" "another drive was written"
}

check "a namespace here is not named as its controller" premise
check "one namespace is mounted: that one is refused" the_mounted_one_is_refused "$TWO" "$ONE"
check "the other is mounted: that one is refused" the_mounted_one_is_refused "$ONE" "$TWO"
check "its generic node is open" command_node_is_open "${TWO/nvme/ng}" "$TWO" "$SINGLE"
check "its controller is open" command_node_is_open "/dev/$(controller_of "${TWO##*/}")" "$TWO" "$SINGLE"
check "one is wiped and proven, the others are left alone" the_right_one_is_wiped "$TWO" "$ONE"
check "false success 15: a format that hits another drive" format_hits_no_other "$TWO" "$ONE"
check "named by its WWN, the next method is tried after one that failed" next_method_after_format "$TWO" "$ONE"
check "a serial number that two drives have is no name for one" serial_of_two_is_refused
check "plugged in, wiped, pulled out, put back" plugged_in
finish
