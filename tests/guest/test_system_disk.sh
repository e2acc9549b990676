#!/bin/bash
# guest: --qemu --image system=8M --image other=8M --argument '-device ide-hd,drive=system,serial=SYSTEM,bus=ide.0 -device ide-hd,drive=other,serial=OTHER,bus=ide.1' --kernel 'root=PARTUUID=0fc63daf-0000-4000-8000-000000000001'
# The disk that this machine runs from is refused by each of its names; the one beside it is not.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

PARTUUID=0fc63daf-0000-4000-8000-000000000001 # as in the command line above
UUID=0fc63daf-0000-4000-8000-000000000002

SYSTEM=$(readlink -f /dev/disk/by-id/ata-QEMU_HARDDISK_SYSTEM)
OTHER=$(readlink -f /dev/disk/by-id/ata-QEMU_HARDDISK_OTHER)

# The system disk gets its partition once; no case here may write to it.
prepare() {
	printf 'label: gpt\nuuid=%s\n' "$PARTUUID" | sfdisk --quiet "$SYSTEM" && udevadm settle &&
		mkfs.ext4 -q -U "$UUID" "${SYSTEM}1" && udevadm settle
}
prepare || exit 1
BEFORE=$(dd if="$SYSTEM" bs=1M iflag=direct status=none | sha256sum)

untouched() {
	assert_same "$BEFORE" "$(dd if="$SYSTEM" bs=1M iflag=direct status=none | sha256sum)" "its contents"
}

# name_of KIND: one of the disk's names.
name_of() {
	local number
	number=$(cat "/sys/block/${SYSTEM##*/}/dev")
	case $1 in
	node) NAME=$SYSTEM ;;
	number) NAME=/dev/block/$number ;;
	link) ln -s "/dev/block/$number" "$CASE/link" && NAME=$CASE/link ;;
	fresh-node) mknod "$CASE/fresh" b "${number%:*}" "${number#*:}" && NAME=$CASE/fresh ;;
	relative) NAME=/dev/../dev/./${SYSTEM##*/} ;;
	by-*) NAME=$(find "/dev/disk/$1" -lname "*/${SYSTEM##*/}" | head -n 1) ;;
	esac
	[ -b "$NAME" ] || fail "udev made no $1"
}

NAMES="node number link fresh-node relative by-id by-path by-diskseq"

# The kernel's command line names its partition: nothing of it is mounted.
refused_in_plan() {
	local kind
	for kind in node number link fresh-node relative by-id by-path by-diskseq; do
		name_of $kind
		run_haiki wipe plan "$NAME" --json
		assert_exit 3
		assert_json ".targets[0] | .identity.serial == \"SYSTEM\" and
			(.guard.checks | any(.check == \"system-disk\" and .result == \"refused\" and
				(.detail | contains(\"root=PARTUUID=$PARTUUID\"))))"
	done
}

refused_by_name() {
	make_keys
	name_of "$1"
	run_haiki wipe run "$NAME" --serial SYSTEM --json
	assert_exit 3
	assert_json '.jobs[0].outcome == "refused" and .jobs[0].serial == "SYSTEM"'
	[[ $(refusals) == *'"system-disk"'*"root=PARTUUID=$PARTUUID"* ]] || fail "$(refusals)"
	untouched
}

partition_refused() {
	local name
	make_keys
	for name in "${SYSTEM}1" "/dev/disk/by-uuid/$UUID" "/dev/disk/by-partuuid/$PARTUUID"; do
		[ -b "$name" ] || fail "there is no $name"
		run_haiki wipe run "$name" --serial SYSTEM --json
		assert_exit 2 3
		assert_json '[.jobs[]? | select(.outcome != "refused")] | length == 0'
	done
	untouched
}

refused_by_serial() {
	make_keys
	run_haiki inventory scan
	run_haiki wipe run SYSTEM --serial SYSTEM --json
	assert_exit 3
	[[ $(refusals) == *'"system-disk"'* ]] || fail "$(refusals)"
	untouched
}

refused_when_mounted_at() {
	make_keys
	mkdir -p "$1"
	mount -o ro,noload "${SYSTEM}1" "$1"
	run_haiki wipe run "$SYSTEM" --serial SYSTEM --json
	umount "$1"
	assert_exit 3
	[[ $(refusals) == *"\"system-disk\",\"detail\":\"this machine runs from it: $1;"* ]] ||
		fail "$(refusals)"
	untouched
}

the_other_is_wiped() {
	make_keys
	released "$OTHER"
	untouched
}

check "the system disk is refused by each of its names" refused_in_plan
for name in fresh-node by-path; do
	check "the system disk is not wiped: $name" refused_by_name $name
done
check "the system disk is refused: by its serial" refused_by_serial
check "its partition is refused by each of its names" partition_refused
for place in /boot /boot/efi /var; do
	check "the disk is refused when $place is on it" refused_when_mounted_at $place
done
check "the disk beside it is wiped and proven" the_other_is_wiped
finish
