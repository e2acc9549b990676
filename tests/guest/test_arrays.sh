#!/bin/bash
# guest: --memory 768
# Arrays of the kernel: what is a member is refused, and a member that left is wiped while its array
# runs on with its data intact. By mdadm's own metadata and by that of firmware (IMSM, DDF).
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# Firmware metadata without the firmware; mdadm hands them on to mdmon.
export IMSM_NO_PLATFORM=1 IMSM_DEVNAME_AS_SERIAL=1

# array LEVEL MEMBER…: a running array /dev/md7, in sync, with data on it. DATA is their digest.
array() {
	local level=$1
	shift
	need mdadm
	need_module "raid${level/[56]/456}"
	mdadm --quiet --create /dev/md7 --run --level="$level" --metadata=1.2 --raid-devices=$# "$@"
	in_sync
	keep_data /dev/md7
}

in_sync() {
	[ -e /sys/block/md7/md/sync_action ] || return 0 # RAID 0 has nothing to sync
	mdadm --wait --quiet /dev/md7 || true             # fails when there was nothing to wait for
	until_true 60 grep -qx idle /sys/block/md7/md/sync_action
}

keep_data() {
	local bytes
	bytes=$(bytes_of "$1")
	old_contents "$bytes" | dd of="$1" bs=1M oflag=direct iflag=fullblock status=none
	DATA=$(digest_of "$1")
}

data_are_intact() {
	assert_same "$DATA" "$(digest_of "$1")" "the array's data"
}

# leave MEMBER: it is taken out of the array as a technician does it.
leave() {
	mdadm --quiet /dev/md7 --fail "$1"
	until_true 20 grep -q faulty "/sys/block/md7/md/dev-${1##*/}/state"
	# It failed, and still is the array's.
	refused_in_use "$1" holders "still lists ${1##*/} as failed; mdadm --manage /dev/md7 --remove /dev/${1##*/}"
	until_true 20 mdadm --quiet /dev/md7 --remove "$1"
	udev_settle
}

striped() {
	local drive
	start 2
	array 0 "${DRIVES[@]}"
	for drive in "${DRIVES[@]}"; do
		refused "$drive" holders "md7 \(RAID0\) would be destroyed"
	done
	data_are_intact /dev/md7
	mdadm --quiet --stop /dev/md7
	released "${DRIVES[@]}"
}

# redundant LEVEL COUNT: built; a member leaves and is wiped; a fresh one takes its place.
redundant() {
	local level=$1 count=$2 spare
	start $((count + 1))
	spare=${DRIVES[count]}
	array "$level" "${DRIVES[@]:0:count}"
	refused_in_use "${DRIVES[count - 1]}" holders "md7 \(RAID$level\) would (go on|lose its last redundancy)"

	leave "$DRIVE"
	released "$DRIVE"
	grep -q '\[_U' /proc/mdstat || fail "not degraded: $(cat /proc/mdstat)"
	data_are_intact /dev/md7

	# A rebuild that has not come far.
	echo 1 >/sys/block/md7/md/sync_speed_max
	echo 1 >/sys/block/md7/md/sync_speed_min
	mdadm --quiet /dev/md7 --add "$spare"
	refused_in_use "$spare" holders "md7 \(RAID$level\)"
	echo 200000 >/sys/block/md7/md/sync_speed_max
	in_sync
	grep -q '\[UU*\]' /proc/mdstat || fail "not rebuilt: $(cat /proc/mdstat)"
	data_are_intact /dev/md7
	refused_in_use "$spare" holders "md7 \(RAID$level\)"
}

# Without its last redundancy every member that is left is needed.
degraded() {
	local drive
	start 3
	array 5 "${DRIVES[@]}"
	leave "$DRIVE"
	for drive in "${DRIVES[@]:1}"; do
		refused_in_use "$drive" holders "md7 \(RAID5\) would be destroyed"
	done
	data_are_intact /dev/md7
}

# The drive is pulled out of the running array, put in again, and wiped; nobody told the array.
pulled() {
	local address
	start 2
	array 1 "${DRIVES[@]}"
	address=$(basename "$(readlink -f "/sys/block/${DRIVE##*/}/device")")
	unplug "$DRIVE"
	data_are_intact /dev/md7
	until_true 20 mdadm --quiet /dev/md7 --fail detached --remove detached
	echo "- - -" >"/sys/class/scsi_host/host${address%%:*}/scan"
	until_true 20 block_of_address "${address%:*}"
	udev_settle
	DRIVE=$(block_of_address "${address%:*}")
	released "$DRIVE"
	data_are_intact /dev/md7
}

spare_is_a_member() {
	start 3
	array 1 "${DRIVES[0]}" "${DRIVES[1]}"
	mdadm --quiet /dev/md7 --add "${DRIVES[2]}"
	refused_in_use "${DRIVES[2]}" holders "md7 \(RAID1\) keeps ${DRIVES[2]##*/} as a spare"
	mdadm --quiet /dev/md7 --remove "${DRIVES[2]}"
	released "${DRIVES[2]}"
	data_are_intact /dev/md7
}

old_metadata() {
	start 2
	need mdadm
	need_module raid1
	mdadm --quiet --create /dev/md7 --run --level=1 --metadata="$1" --assume-clean --raid-devices=2 \
		"${DRIVES[@]}"
	keep_data /dev/md7
	leave "$DRIVE"
	released "$DRIVE"
	data_are_intact /dev/md7
}

# taken_over CONTAINER VOLUME: a volume is read-only until mdmon, in user space, has taken it over. mdadm
# starts mdmon and tells it of the volume, both once, and either can be missed: then it is done again.
taken_over() {
	local state="/sys/block/$2/md/array_state"
	grep -qE '^(clean|active|active-idle|read-auto)$' "$state" && return
	if kill -0 "$(cat "/run/mdadm/$1.pid")"; then
		mdadm --quiet --readwrite "/dev/$2"
	else
		mdmon "$1"
	fi
	return 1
}

# An array of firmware: a container, and a volume in it.
firmware() {
	local container volume drive
	DRIVE_MIB=48 # DDF takes 32 for itself
	start 3
	need mdadm
	need_module raid1
	mdadm --quiet --create /dev/md/box --run --metadata="$1" --raid-devices=3 "${DRIVES[@]}"
	container=$(basename "$(readlink -f /dev/md/box)")
	# The container alone claims them already.
	refused_in_use "$DRIVE" holders "$container"
	mdadm --quiet --create /dev/md/volume --run --level=1 --raid-devices=2 --assume-clean /dev/md/box
	volume=$(basename "$(readlink -f /dev/md/volume)")
	until_true 20 taken_over "$container" "$volume"
	until_true 20 grep -qx 0 "/sys/block/$volume/ro"
	keep_data "/dev/$volume"
	for drive in "${DRIVES[@]}"; do
		refused_in_use "$drive" holders "$container"
	done
	refused_in_use "$(member_of "$volume")" holders "$volume \(RAID1\) would go on with 1 of 2 copies"

	drive=$(member_of "$volume")
	mdadm --quiet "/dev/$volume" --fail "$drive"
	until_true 30 mdadm --quiet "/dev/$container" --remove "$drive"
	udev_settle
	released "$drive"
	data_are_intact "/dev/$volume"
}
member_of() {
	local slave
	for slave in "/sys/block/$1/slaves"/sd*; do
		echo "/dev/${slave##*/}"
		return
	done
}

check "RAID 0: every member is refused" striped
check "RAID 1: a member leaves and is wiped, the array is rebuilt, its data intact" redundant 1 2
check "RAID 5: a member leaves and is wiped, the array is rebuilt, its data intact" redundant 5 3
check "RAID 6: a member leaves and is wiped, the array is rebuilt, its data intact" redundant 6 4
check "RAID 10: a member leaves and is wiped, the array is rebuilt, its data intact" redundant 10 4
check "RAID 5, degraded: every member that is left is refused" degraded
check "a member pulled out and put in again is wiped, the array's data intact" pulled
check "a spare is refused until it has left" spare_is_a_member
check "md metadata 0.90" old_metadata 0.90
check "md metadata 1.0" old_metadata 1.0
check "IMSM: members of a container and its volume" firmware imsm
check "DDF: members of a container and its volume" firmware ddf
finish
