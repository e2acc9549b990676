#!/bin/bash
# guest: --memory 768
# Legal holds and custody over real arrays and volumes: a pulled member is still held for the array and
# the volume it carried, until it is sanitized; and it takes two people.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# as UID WORD…: run haiki as the person with this login uid.
as() {
	local WRAPPER=$CASE/as-$1
	cat >"$WRAPPER" <<-END
		#!/bin/sh
		echo $1 >/proc/self/loginuid && exec "\$@"
	END
	chmod 755 "$WRAPPER"
	shift
	run_haiki "$@"
}

scan() {
	run_haiki inventory scan --json
	assert_exit 0
}

# mirror: /dev/md7 on the first two of three drives.
mirror() {
	need mdadm
	need_module raid1
	mdadm --quiet --create /dev/md7 --run --level=1 --metadata=1.2 --raid-devices=2 --assume-clean \
		"${DRIVES[0]}" "${DRIVES[1]}"
	udev_settle
}

# pull DRIVE: taken out of /dev/md7 as a technician does it.
pull() {
	mdadm --quiet /dev/md7 --fail "$1"
	until_true 20 mdadm --quiet /dev/md7 --remove "$1"
	udev_settle
}

hold_of() {
	run_haiki inventory hold place "$1" --authority Court --reason "case 1" --json
	assert_exit 0
	HOLD=$(jq --raw-output '.holds[0].hold' "$CASE/out")
}

lift() {
	as 4711 inventory hold lift "$1" --reason closed --json
	assert_exit 0
	as 4711 inventory hold lift-confirm "$1" --json
	assert_exit 3
	assert_code hold-same-person
	as 4712 inventory hold lift-confirm "$1" --json
	assert_exit 0
}

custody_of() {
	# shellcheck disable=SC2046
	"$HAIKI" inventory show "$(serial_of "$1")" --json $(haiki_settings) | jq --raw-output '.drives[0].custody'
}

# The array is held while one of its members lies on the table already.
held_for_its_array() {
	start 3
	mirror
	scan
	pull "$DRIVE"
	hold_of A1
	refused "$DRIVE" hold "^$HOLD\$"
	scan # what a scan finds or no longer finds changes nothing about it
	refused "$DRIVE" hold "^$HOLD\$"
	run_haiki inventory custody "$(serial_of "$DRIVE")" quarantined --reason "out of md7" --json
	assert_exit 0
	run_haiki inventory custody "$(serial_of "$DRIVE")" destroyed --reason test --witness me --json
	assert_exit 7
	assert_code hold-stands
	wipe "${DRIVES[2]}" # never of the array
	assert_exit 0
	lift "$HOLD"
	released "$DRIVE"
	assert_same sanitized "$(custody_of "$DRIVE")"
}

# What was sanitized is free of a hold that comes later; what still carries the bytes is not.
sanitized_before() {
	start 2
	mirror
	scan
	pull "$DRIVE"
	released "$DRIVE"
	scan
	mdadm --quiet --stop /dev/md7
	hold_of A1
	refused "${DRIVES[1]}" hold "^$HOLD\$"
	wipe "$DRIVE"
	assert_exit 0
}

# A volume's tenant is held: by way of LVM down to the drive it was moved away from.
held_for_a_volume() {
	local volume
	need pvcreate vgcreate lvcreate jq
	need_module dm_mod
	start 2
	pvcreate -q -ff -y "$DRIVE"
	vgcreate -q -y vghold "$DRIVE"
	lvcreate -q -y -Wn -Zn -L 4M -n city vghold
	udev_settle
	scan
	run_haiki inventory history --json
	hold_of vghold/city
	lvremove -q -y vghold/city
	vgchange -q -an vghold || true
	vgremove -q -y vghold
	pvremove -q -y "$DRIVE"
	udev_settle
	scan
	refused "$DRIVE" hold "^$HOLD\$"
	wipe "${DRIVES[1]}"
	assert_exit 0
	lift "$HOLD"
	released "$DRIVE"
}

check "a pulled member is held for its array, and two people lift it" held_for_its_array
check "a member sanitized before is free, the other is held" sanitized_before
check "a drive is held for a volume that was on it" held_for_a_volume
finish
