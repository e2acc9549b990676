#!/bin/bash
# guest: --image one=32M --image two=32M
# The guest is what the other guest tests take it for: real drives known to udev, md, device mapper,
# LVM and LUKS that work, and haiki proving a wipe on them.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

host_is_out_of_reach() {
	local file
	# Seen, and written to only in the guest's memory.
	echo guest >/etc/hostname
	[ -e "$REPOSITORY/tests/guest/lib.sh" ]
	# The host's files are behind the overlay for good: a second hostfs is read-only to nobody.
	mkdir "$CASE/host"
	mount -t hostfs -o / none "$CASE/host" || skip "not User Mode Linux"
	for file in "$CASE/host/etc/haiki-guest-was-here" "$CASE/host$REPOSITORY/haiki-guest-was-here"; do
		! touch "$file" 2>/dev/null || fail "the guest could write $file of the host"
	done
}

images_are_drives() {
	[ "$(blockdev --getsize64 /dev/ubda)" -eq $((32 * MIB)) ]
	[ "$(blockdev --getsize64 /dev/ubdb)" -eq $((32 * MIB)) ]
}

drives_are_known() {
	local drive serials
	"$1" 3
	serials=$(for drive in "${DRIVES[@]}"; do
		udevadm info --query=property --name="$drive" | grep '^ID_SERIAL='
		[ -n "$(find /dev/disk/by-id -lname "*/${drive##*/}")" ]
	done | sort -u | wc -l)
	assert_same 3 "$serials" "serials in udev"
	run_haiki inventory scan --json
	assert_exit 0
	for drive in "${DRIVES[@]}"; do
		assert_json "[.. | objects | select(.name? == \"${drive##*/}\" and .serial? != null)] | length == 1"
	done
}

md_works() {
	make_scsi 2
	need mdadm
	need_module raid1
	mdadm --quiet --create /dev/md7 --run --level=1 --metadata=1.2 --raid-devices=2 "${DRIVES[@]}"
	until_true 20 grep -q '\[UU\]' /proc/mdstat
}

dm_works() {
	make_scsi 1
	need dmsetup
	need_module dm-mod
	dmsetup create haiki-linear --table "0 2048 linear ${DRIVES[0]} 0"
	cmp -n $MIB /dev/mapper/haiki-linear "${DRIVES[0]}"
}

lvm_works() {
	make_scsi 2
	need lvm
	pvcreate -qq -ff -y "${DRIVES[@]}"
	vgcreate -qq haiki "${DRIVES[@]}"
	lvcreate -qq -y -Wy -L 8M -n volume haiki
	[ -b /dev/haiki/volume ]
}

luks_works() {
	DRIVE_MIB=32 # the header of LUKS2 alone takes 16
	make_scsi 1
	need cryptsetup
	need_module dm-crypt
	echo -n secret | cryptsetup luksFormat --batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
		"${DRIVES[0]}" -
	echo -n secret | cryptsetup open --key-file - "${DRIVES[0]}" haiki-luks
	[ -b /dev/mapper/haiki-luks ]
}

modules_of_the_drive_models() {
	need_module target_core_user tcm_loop sg ses
	[ -d /sys/kernel/config/target ]
}

wipe_is_proven() {
	make_keys
	make_scsi 1
	wipe "${DRIVES[0]}"
	assert_exit 0
	assert_proven "${DRIVES[0]}"
}

check "what the guest writes does not reach the host" host_is_out_of_reach
check "images are drives" images_are_drives
check "SCSI drives are known to udev and haiki" drives_are_known make_scsi
check "scsi_debug drives are known to udev and haiki" drives_are_known make_scsi_debug
check "md works" md_works
check "device mapper works" dm_works
check "LVM works" lvm_works
check "LUKS works" luks_works
check "the drive models' kernel modules are there" modules_of_the_drive_models
check "a SCSI drive is wiped and proven" wipe_is_proven
finish
