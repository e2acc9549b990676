#!/bin/bash
# What stands on a drive, where loop devices are enough to show it: volumes that are not open or not
# active, files that are drives again. (Arrays and open volumes are in ../guest.)
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# The nodes of the trees in the last output, wherever they are.
NODES='[.. | objects | select(.kind? and .children?)]'

id_of() {
	run_haiki inventory list --json
	jq --raw-output --arg serial "$(serial_of "$1")" \
		'.drives[] | select(.identity.serial == $serial) | .id' "$CASE/out"
}

scan_and_show() {
	local id
	run_haiki inventory scan
	assert_exit 0
	id=$(id_of "$1")
	run_haiki inventory show "$id" --json
	assert_exit 0
}

luks() {
	echo -n secret | cryptsetup luksFormat --batch-mode --type luks2 --label "$2" --pbkdf pbkdf2 \
		--pbkdf-force-iterations 1000 "$1" -
}

# Closed, it is a volume all the same, with the label that says whose it is; wiped, it was there once.
locked_luks() {
	local drive
	need cryptsetup sqlite3
	make_keys
	make_drive drive $((32 * MIB))
	luks "$drive" haiki:T-001
	scan_and_show "$drive"
	assert_json "$NODES | any(.type == \"crypto_LUKS\" and (.children | any(.kind == \"volume\" and
		.type == \"luks\" and .state == \"locked\" and .name == \"haiki:T-001\")))"
	sqlite3 "$STATE/haiki.db" "SELECT tags FROM volume" | grep -qF '["label=haiki:T-001"]' ||
		fail "the label was not kept"
	run_haiki wipe plan "$drive" --json
	assert_json '.targets[0].volumes | length == 1 and .[0].kind == "luks"'
	run_haiki wipe plan "$drive"
	grep -q "carries the volume haiki:T-001, which is not active" "$CASE/out" || fail "not said: $(cat "$CASE/out")"
	wipe "$drive"
	assert_proven "$drive"
	scan_and_show "$drive"
	assert_json "$NODES | any(.kind == \"volume\" and .present == 0 and .left_utc != \"\")"
}

# Without a device mapper the metadata on the drive are all there is.
inactive_group() {
	local drive name=haiki-test-$$ filter
	need lvm sqlite3
	make_drive drive $((32 * MIB))
	filter="devices { filter=[\"a|^$drive\$|\",\"r|.*|\"] use_devicesfile=0 scan=[\"/dev\"] } activation { udev_sync=0 udev_rules=0 } backup { backup=0 archive=0 }"
	lvm vgcreate --quiet --quiet --yes --config "$filter" "$name" "$drive" 2>/dev/null ||
		skip "no volume group can be made here"
	lvm lvcreate --driverloaded n --quiet --quiet --yes --config "$filter" --activate n --zero n --wipesignatures n --size 8M \
		--name volume --addtag haiki.tenant=T-002 "$name" 2>/dev/null || skip "no volume can be made here"
	scan_and_show "$drive"
	assert_json "$NODES | any(.type == \"LVM2_member\" and .group == \"$name\" and (.children | any(
		.kind == \"volume\" and .name == \"$name/volume\" and .state == \"inactive\" and .size_bytes == 8388608)))"
	sqlite3 "$STATE/haiki.db" "SELECT tags FROM volume" | grep -qF '["haiki.tenant=T-002"]' ||
		fail "the tag was not kept"
}

# A file on a mounted drive that is a drive itself: both are in the tree, and where it is mounted.
file_that_is_a_drive() {
	local drive inner
	need mkfs.ext4
	make_drive drive $((32 * MIB))
	mkfs.ext4 -q -L outer "$drive"
	mkdir "$CASE/mount"
	mount "$drive" "$CASE/mount"
	truncate --size 8M "$CASE/mount/inner"
	attach_file inner "$CASE/mount/inner"
	scan_and_show "$drive"
	assert_json "$NODES | any(.type == \"ext4\" and .mounted == \"$CASE/mount\")"
	assert_json "$NODES | any(.kind == \"drive\" and .name == \"${inner##*/}\" and .left_utc == \"\")"
	run_haiki inventory show "$(id_of "$drive")"
	grep -q "─ filesystem  ext4 .* mounted at $CASE/mount" "$CASE/out" || fail "no tree: $(cat "$CASE/out")"
	grep -q "How it may leave: unmount it" "$CASE/out" || fail "no way out: $(cat "$CASE/out")"
	# A terminal that is not said to show more gets ASCII.
	LC_ALL=C run_haiki inventory show "$(id_of "$drive")"
	grep -q '`- D[0-9]' "$CASE/out" || fail "no ASCII: $(cat "$CASE/out")"
	grep -q '─' "$CASE/out" && fail "lines in ASCII: $(cat "$CASE/out")"
	losetup --detach "$inner"
	umount "$CASE/mount"
}

no_arrays() {
	local drive
	make_drive drive $((8 * MIB))
	run_haiki inventory scan
	run_haiki inventory list arrays --json
	assert_exit 0
	assert_json '.arrays == []'
	run_haiki inventory list arrays
	assert_exit 0
	run_haiki inventory show A1
	assert_exit 1
}

check "a LUKS volume that is not open" locked_luks
check "a volume group that is not active" inactive_group
check "a file that is a drive, and where it is mounted" file_that_is_a_drive
check "no arrays" no_arrays
finish
