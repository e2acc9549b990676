#!/bin/bash
# The disk this system runs from is refused by each of its names. Only `wipe plan` is ever run here,
# and under a kernel that would refuse it to write: in a mount namespace where the disk's node is
# read-only for everybody, without the capabilities that pass by modes.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# Runs "$@" with the node of the whole disk $DISK replaced by one of mode 0400, and with no right to
# override modes, make nodes, or send commands past the block layer.
confined() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --propagation private sh -c '
		set -e
		disk=$1 folder=$2
		shift 2
		mount -t tmpfs -o mode=0700 tmpfs "$folder"
		mknod -m 0400 "$folder/node" b $((0x$(stat -c %t "$disk"))) $((0x$(stat -c %T "$disk")))
		mount --bind "$folder/node" "$disk"
		exec setpriv --bounding-set=-dac_override,-fowner,-mknod,-sys_rawio,-sys_admin,-chown \
			--inh-caps=-all "$@"' sh "$DISK" "$CASE/node" "$@"
}

find_disk() {
	local source
	need findmnt lsblk setpriv unshare
	source=$(findmnt --noheadings --output SOURCE / | sed 's/\[.*//')
	[ -b "$source" ] || skip "/ is not on a block device here"
	DISK=/dev/$(lsblk --noheadings --list --inverse --output NAME "$source" | tail -n 1)
	[ -b "$DISK" ] || skip "the disk below / has no node"
	mkdir -p "$CASE/node"
	# dd opens for writing and writes nothing.
	if confined dd if=/dev/null of="$DISK" count=0 conv=notrunc status=none 2>/dev/null; then
		skip "this kernel would let the confined program write; the case is not run"
	fi
}

refuses() {
	local name=$1
	find_disk
	case $name in
	node) name=$DISK ;;
	number) name=/dev/block/$(cat "/sys/block/${DISK#/dev/}/dev") ;;
	by-*) name=$(find /dev/disk -lname "*/${DISK#/dev/}" 2>/dev/null | grep "/$name/" | head -n 1) ;;
	link) ln -s "$DISK" "$CASE/link" && name=$CASE/link ;;
	esac
	[ -e "$name" ] || skip "the disk has no such name here"
	STATUS=0
	# shellcheck disable=SC2046
	confined "$HAIKI" wipe plan "$name" --json $(haiki_settings) >"$CASE/out" 2>"$CASE/err" ||
		STATUS=$?
	if ! head -c 512 "$DISK" >/dev/null 2>&1; then
		# The guard is never reached where the drive cannot be looked at.
		assert_exit 1 3
		skip "the kernel lets nobody open $DISK here, and haiki said so (exit code $STATUS)"
	fi
	assert_exit 3
	assert_json '.targets[0].guard.result == "refused"'
	assert_json '[.targets[0].guard.checks[] | select(.check == "system-disk") | .result] == ["refused"]'
}

for name in node number by-id by-path by-uuid by-diskseq link; do
	check "the system disk is refused: $name" refuses $name
done
finish
