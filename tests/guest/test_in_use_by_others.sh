#!/bin/bash
# guest:
# A drive that is in use by a loop device, a process, another machine or another path is refused with
# the true reason; the same drive, let go, is wiped and proven.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# ---- loop, processes ----

loop_on() {
	start 1
	need_module loop
	[ "$1" = partition ] && partition "$DRIVE"
	local below=$DRIVE loop
	[ "$1" = partition ] && below=$PARTITION
	loop=$(losetup --find --show "$below")
	refused "$DRIVE" loop-backing "${loop##*/}"
	losetup --detach "$loop"
	released "$DRIVE"
}

# As a virtual machine that was given the drive has it.
opened() {
	start 1
	local node=$DRIVE
	if [ "$1" = partition ]; then
		partition "$DRIVE"
		node=$PARTITION
	fi
	sleep 600 <>"$node" &
	remember processes $!
	refused "$DRIVE" opened "process sleep \(pid $!,"
	kill $! && wait $! || true
	released "$DRIVE"
}

opened_for_reading() {
	start 1
	sleep 600 <"$DRIVE" &
	remember processes $!
	refused "$DRIVE" opened "process sleep \(pid $!,"
	kill $! && wait $! || true
	released "$DRIVE"
}

# As a virtual machine that was given the drive for its commands: they pass by the block layer.
opened_for_commands() {
	local node
	start 1
	node=$(echo "/sys/block/${DRIVE##*/}/device/scsi_generic"/*)
	node=/dev/${node##*/}
	sleep 600 <>"$node" &
	remember processes $!
	refused "$DRIVE" opened "process sleep \\(pid $!,.*${node##*/} \\(sends commands"
	kill $! && wait $! || true
	released "$DRIVE"
}

# Mapped into memory, the descriptor closed.
mapped() {
	start 1
	perl -e 'use Fcntl; sysopen(F, $ARGV[0], O_RDWR) or die;
		my $at = syscall(9, 0, 4096, 3, 1, fileno(F), 0); die if $at < 0; close F;
		open(R, ">", $ARGV[1]); close R; sleep 600' "$DRIVE" "$CASE/ready" &
	remember processes $!
	until_true 20 test -e "$CASE/ready"
	refused "$DRIVE" opened "process perl \(pid $!,"
	kill $! && wait $! || true
	released "$DRIVE"
}

# ---- served to others, other paths ----

exported() {
	start 1
	need_module target_core_iblock
	local store=$TARGET/core/iblock_9/haiki
	mkdir -p "$store"
	echo "udev_path=$DRIVE" >"$store/control"
	echo 1 >"$store/enable"
	refused "$DRIVE" exported "haiki"
	rmdir "$store"
	released "$DRIVE"
}

second_path() {
	local other
	start 1
	make_path other 0 1
	[ "$other" != "$DRIVE" ]
	udev_settle
	refused "$DRIVE" paths "same medium is also ${other##*/}"
	refused "$other" paths "same medium is also ${DRIVE##*/}"
	unplug "$other"
	released "$DRIVE"
}

used_by_second_path() {
	local other
	start 1
	make_path other 0 1
	udev_settle
	mkfs.ext4 -q -F "$other"
	mkdir "$CASE/mount"
	mount -o ro "$other" "$CASE/mount"
	refused "$DRIVE" mounted "${other##*/} .*is mounted"
	umount "$CASE/mount"
	unplug "$other"
	released "$DRIVE"
}

multipath_leg() {
	local other leg
	need dmsetup
	need_module dm-multipath
	start 1
	make_path other 0 1
	udev_settle
	dmsetup create haiki-multipath --uuid mpath-haiki --table \
		"$(echo 0 $((DRIVE_MIB * 2048)) multipath 0 0 1 1 round-robin 0 2 1 \
			"$(number_of "$DRIVE")" 1000 "$(number_of "$other")" 1000)"
	for leg in "$DRIVE" "$other"; do
		refused "$leg" holders "haiki-multipath"
		refused "$leg" paths "same medium"
	done
	dmsetup remove haiki-multipath
	unplug "$other"
	released "$DRIVE"
}
number_of() {
	cat "/sys/block/${1##*/}/dev"
}

# ---- no longer ----

# What lies on a drive without being in use keeps nobody from wiping it.
unused_but_full() {
	start 4
	mkfs.ext4 -q -F "${DRIVES[0]}"
	pvcreate -qq -y "${DRIVES[1]}"
	mdadm --quiet --create /dev/md7 --run --level=1 --assume-clean --metadata=1.2 --raid-devices=2 \
		"${DRIVES[2]}" missing
	mdadm --quiet --stop /dev/md7
	mkswap -q "${DRIVES[3]}"
	released "${DRIVES[@]}"
}

check "loop: on the drive" loop_on drive
check "loop: on a partition" loop_on partition
check "opened by a process: the drive" opened drive
check "opened by a process: a partition" opened partition
check "opened by a process: for reading only" opened_for_reading
check "opened by a process: its SCSI generic node" opened_for_commands
check "mapped by a process, and closed" mapped
check "served as a SCSI target" exported
check "another path leads to it" second_path
check "in use by another path" used_by_second_path
check "two legs of a multipath device" multipath_leg
check "full of metadata that nobody uses: accepted" unused_but_full
finish
