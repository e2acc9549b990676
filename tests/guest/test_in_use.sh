#!/bin/bash
# guest: --memory 1024
# A drive that is in use, by what is mounted or stacked on it, is refused with the true
# reason; the same drive, let go, is wiped and proven.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# ---- mounted, swap ----

mounted() {
	start 1
	mkfs.ext4 -q -F "$DRIVE"
	mkdir "$CASE/mount"
	mount -o ro "$DRIVE" "$CASE/mount"
	refused "$DRIVE" mounted "${DRIVE##*/} is mounted at $CASE/mount"
	umount "$CASE/mount"
	released "$DRIVE"
}

mounted_partition() {
	start 1
	partition "$DRIVE"
	mkfs.ext4 -q -F "$PARTITION"
	mkdir "$CASE/mount"
	mount -o ro "$PARTITION" "$CASE/mount"
	refused "$DRIVE" mounted "${PARTITION##*/} is mounted"
	umount "$CASE/mount"
	released "$DRIVE"
}

mounted_elsewhere() {
	start 1
	mkfs.ext4 -q -F "$DRIVE"
	mkdir "$CASE/mount"
	unshare --mount --propagation private sh -c \
		'mount -o ro "$1" "$2" && touch "$3" && exec sleep 600' sh "$DRIVE" "$CASE/mount" "$CASE/ready" &
	remember processes $!
	until_true 20 test -e "$CASE/ready"
	refused "$DRIVE" mounted "mount namespace of process"
	end_remembered processes "$CASE"
	until_true 20 mounted_nowhere "$DRIVE"
	released "$DRIVE"
}
mounted_nowhere() {
	! grep -qs "^$1 " /proc/[0-9]*/mounts
}

btrfs_of_two() {
	need mkfs.btrfs
	need_module btrfs
	DRIVE_MIB=128
	start 2
	mkfs.btrfs -q -f -d raid1 -m raid1 "${DRIVES[@]}"
	btrfs device scan >/dev/null
	mkdir "$CASE/mount"
	mount -o ro "$DRIVE" "$CASE/mount"
	refused "${DRIVES[1]}" mounted "part of the mounted btrfs"
	umount "$CASE/mount"
	released "${DRIVES[1]}"
}

swap() {
	start 1
	mkswap -q "$DRIVE"
	swapon "$DRIVE"
	refused "$DRIVE" swap "in use as swap"
	swapoff "$DRIVE"
	released "$DRIVE"
}

swap_partition() {
	start 1
	partition "$DRIVE"
	mkswap -q "$PARTITION"
	swapon "$PARTITION"
	refused "$DRIVE" swap "${PARTITION##*/} is in use as swap"
	swapoff "$PARTITION"
	released "$DRIVE"
}

# ---- LVM ----

lvm_active() {
	start 1
	need lvm
	vgcreate -qq -y haiki "$DRIVE"
	lvcreate -qq -y -Wn -Zn -L 4M -n volume haiki
	refused "$DRIVE" holders "haiki-volume"
	vgchange -qq -an haiki
	released "$DRIVE"
}

# The drive itself carries nothing active, but its group is in use on the other.
lvm_inactive_of_active_group() {
	start 2
	need lvm
	vgcreate -qq -y haiki "${DRIVES[@]}"
	lvcreate -qq -y -Wn -Zn -L 4M -n volume haiki "${DRIVES[1]}"
	[ -z "$(ls "/sys/block/${DRIVE##*/}/holders")" ]
	refused "$DRIVE" lvm "haiki"
	vgchange -qq -an haiki
	released "$DRIVE"
}

lvm_on_partition() {
	start 1
	need lvm
	partition "$DRIVE"
	vgcreate -qq -y haiki "$PARTITION"
	lvcreate -qq -y -Wn -Zn -L 4M -n volume haiki
	refused "$DRIVE" holders "haiki-volume"
	vgchange -qq -an haiki
	released "$DRIVE"
}

lvm_thin() {
	DRIVE_MIB=32
	start 1
	need lvm thin_check
	need_module dm-thin-pool
	vgcreate -qq -y -s 1M haiki "$DRIVE"
	lvcreate -qq -y -Zn --type thin-pool -L 4M -n pool haiki
	lvcreate -qq -y -Wn -V 64M --thinpool haiki/pool -n thin
	refused "$DRIVE" holders "haiki-thin"
	vgchange -qq -an haiki
	released "$DRIVE"
}

# ---- md ----

md_member() {
	start 2
	need mdadm
	need_module raid1
	mdadm --quiet --create /dev/md7 --run --level=1 --metadata=1.2 --assume-clean --raid-devices=2 \
		"${DRIVES[@]}"
	refused "$DRIVE" holders "md7 \(RAID1\) would go on with 1 of 2 copies"
	mdadm --quiet --stop /dev/md7
	released "$DRIVE"
}

# ---- device mapper ----

dm_linear() {
	start 1
	need dmsetup
	need_module dm-mod
	dmsetup create haiki-linear --table "0 2048 linear $DRIVE 0"
	refused "$DRIVE" holders "haiki-linear"
	dmsetup remove haiki-linear
	released "$DRIVE"
}

luks_open() {
	DRIVE_MIB=32 # the header of LUKS2 alone takes 16
	start 1
	need cryptsetup
	need_module dm-crypt
	echo -n secret | cryptsetup luksFormat --batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
		"$DRIVE" -
	echo -n secret | cryptsetup open --key-file - "$DRIVE" haiki-luks
	refused "$DRIVE" holders "haiki-luks.*CRYPT-LUKS2"
	cryptsetup close haiki-luks
	released "$DRIVE"
}

# From the mount down: md, LVM, LUKS, a filesystem.
tall_stack() {
	DRIVE_MIB=48
	start 2
	need mdadm lvm cryptsetup
	need_module raid1 dm-crypt
	mdadm --quiet --create /dev/md7 --run --level=1 --metadata=1.2 --assume-clean --raid-devices=2 \
		"${DRIVES[@]}"
	vgcreate -qq -y haiki /dev/md7
	lvcreate -qq -y -Wn -L 36M -n volume haiki
	echo -n secret | cryptsetup luksFormat --batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
		/dev/haiki/volume -
	echo -n secret | cryptsetup open --key-file - /dev/haiki/volume haiki-luks
	mkfs.ext4 -q /dev/mapper/haiki-luks
	mkdir "$CASE/mount"
	mount -o ro /dev/mapper/haiki-luks "$CASE/mount"
	refused_in_use "${DRIVES[1]}" mounted "is mounted at $CASE/mount"
	refusals | grep -q "md7" || fail "nothing is said of the array: $(refusals)"
	umount "$CASE/mount"
	cryptsetup close haiki-luks
	refused_in_use "${DRIVES[1]}" holders "haiki-volume"
	vgchange -qq -an haiki
	refused_in_use "${DRIVES[1]}" holders "md7"
	mdadm --quiet --stop /dev/md7
	released "${DRIVES[1]}"
}

check "mounted: the drive" mounted
check "mounted: a partition" mounted_partition
check "mounted: in another namespace" mounted_elsewhere
check "mounted: a btrfs of two drives, by the other one's name" btrfs_of_two
check "swap: the drive" swap
check "swap: a partition" swap_partition
check "LVM: an active volume" lvm_active
check "LVM: an inactive volume of a group that is in use" lvm_inactive_of_active_group
check "LVM: on a partition" lvm_on_partition
check "LVM: a thin volume" lvm_thin
check "md: a member of an active array" md_member
check "device mapper: linear" dm_linear
check "LUKS: open" luks_open
check "all of them on each other" tall_stack
finish
