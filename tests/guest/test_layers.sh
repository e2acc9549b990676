#!/bin/bash
# guest: --memory 768
# What the inventory tells of real stacks: the tree from drive to filesystem, arrays that degrade and
# rebuild, members that left and are still known, stacks that are not assembled.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

scan() {
	run_haiki inventory scan
	assert_exit 0
}

# show WORD: one thing as JSON, into $CASE/out.
show() {
	run_haiki inventory show "$1" --json
	assert_exit 0
}

# show_drive NODE
show_drive() {
	show "$(id_of "$1")"
}

# By serial: the node may have gone.
id_of() {
	jq --raw-output --arg serial "${SERIAL_AT[$1]:-$(serial_of "$1")}" \
		'.drives[] | select(.identity.serial == $serial) | .id' "$CASE/drives"
}

# Every drive's serial, and what the store calls it. After each scan.
declare -A SERIAL_AT
know_drives() {
	local drive
	run_haiki inventory list --json
	cp "$CASE/out" "$CASE/drives"
	for drive in "${DRIVES[@]}"; do
		[ -b "$drive" ] && SERIAL_AT[$drive]=$(serial_of "$drive")
	done
	return 0
}

# The nodes of a tree one after the other, wherever they are.
NODES='[.. | objects | select(.kind? and .children?)]'

# assert_node FILTER: some node of the last tree is so.
assert_node() {
	assert_json "$NODES | any($1)"
}

# assert_above FILTER FILTER: a node that is the second stands on one that is the first.
assert_above() {
	assert_json "$NODES | any(($1) and ([.children | .. | objects | select(.kind?)] | any($2)))"
}

array_json() {
	run_haiki inventory list arrays --json
	assert_exit 0
}

open_luks() {
	echo -n secret | cryptsetup luksFormat --batch-mode --type luks2 --label "haiki:$2" --pbkdf pbkdf2 \
		--pbkdf-force-iterations 1000 "$1" -
	echo -n secret | cryptsetup open --key-file - "$1" haiki-luks
}

raid() {
	local level=$1
	shift
	need mdadm
	need_module "raid${level/[456]/456}"
	mdadm --quiet --create /dev/md7 --run --level="$level" --metadata=1.2 --assume-clean \
		--raid-devices=$# "$@"
	udev_settle
}

# Drives, a partition, RAID1, LVM with a thin pool, a thin snapshot and an old one, LUKS, ext4.
tall_tree() {
	DRIVE_MIB=96
	start 2
	need lvm cryptsetup thin_check
	need_module dm-crypt dm-thin-pool dm-snapshot
	partition "$DRIVE"
	raid 1 "$PARTITION" "${DRIVES[1]}"
	vgcreate -qq -y tall /dev/md7
	lvcreate -qq -y -Wn -L 16M -n plain tall
	lvcreate -qq -y --type thin-pool -L 20M -n pool tall
	lvcreate -qq -y -Wn -V 12M --thinpool pool -n thin tall
	lvcreate -qq -y -kn -s -n shot tall/thin
	lvcreate -qq -y -s -L 4M -n cow tall/plain
	lvchange -qq --addtag haiki.tenant=T-001 tall/thin
	lvcreate -qq -y -Wn -L 20M -n vault tall
	open_luks /dev/tall/vault T-001
	mkfs.ext4 -q -L lowest /dev/mapper/haiki-luks
	mkdir "$CASE/mount"
	mount -o ro /dev/mapper/haiki-luks "$CASE/mount"
	run_haiki inventory tenant add T-001 --name "例市役所" --zone municipal
	assert_exit 0
	scan
	know_drives
	for drive in "${DRIVES[@]}"; do
		show_drive "$drive"
		assert_above '.type == "linux_raid_member"' '.kind == "array" and .name == "md7" and .type == "raid1"
			and .state != "inactive" and .member_state == "active" and .left_utc == ""'
		assert_above '.name == "md7"' '.type == "LVM2_member" and .group == "tall"'
		assert_above '.type == "LVM2_member"' '.name == "tall/thin" and .type == "thin" and .state == "active"'
		assert_node '.name == "tall/pool" and .type == "thin-pool"'
		assert_above '.name == "tall/pool"' '.name == "tall/shot" and .type == "snapshot"'
		assert_above '.name == "tall/plain"' '.name == "tall/cow" and .type == "snapshot"'
		assert_above '.name == "tall/vault"' '.type == "luks" and .name == "haiki-luks"'
		assert_above '.type == "luks"' '.type == "ext4" and .label == "lowest" and .mounted == "'"$CASE/mount"'"'
		# Inner volumes are nobody's business.
		assert_json "$NODES | all(.name? // \"\" | test(\"_tdata|_tmeta|tpool|-real|-cow\") | not)"
		assert_json '.drives[0].arrays[0].without == "last-redundancy"'
	done
	assert_json "$NODES | any(.partition? == 0 and .type == \"linux_raid_member\")"
	show_drive "$DRIVE"
	assert_above '.kind == "partition" and .partition == 1' '.name == "md7"'
	# As a person reads it.
	run_haiki inventory show "$(id_of "$DRIVE")"
	grep -q "Array: md7 (RAID1), slot 0, active; would survive its removal: yes, with the last copy" "$CASE/out" ||
		fail "not said: $(cat "$CASE/out")"
	grep -q "How it may leave: mdadm --manage /dev/md7 --fail $PARTITION --remove $PARTITION" "$CASE/out" ||
		fail "no way out: $(cat "$CASE/out")"
	grep -q "└─ filesystem  ext4 .* mounted at $CASE/mount" "$CASE/out" || fail "no tree: $(cat "$CASE/out")"
	# The tags and labels that say whose they are.
	sqlite3 "$STATE/haiki.db" "SELECT name, tags FROM volume ORDER BY name" >"$CASE/volumes"
	grep -qF 'tall/thin|["haiki.tenant=T-001"]' "$CASE/volumes" || fail "no tag: $(cat "$CASE/volumes")"
	grep -qF 'haiki-luks|["label=haiki:T-001"]' "$CASE/volumes" || fail "no label: $(cat "$CASE/volumes")"
	# From the tenant: what is tagged, the snapshot that follows it, and all that lies below.
	run_haiki inventory show T-001 --json
	assert_exit 0
	assert_json '[.tenants[0].volumes[] | .name] | contains(["tall/thin", "tall/shot", "haiki-luks"])'
	assert_json '[.tenants[0].volumes[] | .name] | all(. != "tall/plain" and . != "tall/cow")'
	assert_json '[.tenants[0].places[] | select(.why == "carries")] | (map(.name) | contains(["tall/pool", "md7"])) and
		([.[] | select(.kind == "drive")] | length == 2)'
	assert_json '.tenants[0].nowhere == []'
}

# The same thing stopped: found by its superblocks.
not_assembled() {
	DRIVE_MIB=64
	start 3
	need lvm
	raid 5 "${DRIVES[@]}"
	vgcreate -qq -y idle /dev/md7
	lvcreate -qq -y -Wn -L 16M -n volume idle
	scan
	vgchange -qq -an idle
	scan
	know_drives
	show_drive "$DRIVE"
	assert_above '.name == "md7"' '.name == "idle/volume" and .state == "inactive" and .left_utc == ""'
	mdadm --quiet --stop /dev/md7
	scan
	know_drives
	show_drive "$DRIVE"
	assert_node '.kind == "array" and .state == "inactive" and .slot == 0 and .left_utc == ""'
	# What lay on it is still known.
	assert_node '.name == "idle/volume"'
	array_json
	assert_json '.arrays | length == 1 and .[0].level == "raid5" and .[0].state == "inactive" and
		.[0].device_count == 3 and .[0].missing_count == 0'
	# A member of what is not assembled has data: it may be wiped by whoever names it, who is told.
	run_haiki wipe plan "$DRIVE" --json
	assert_exit 0
	assert_json '.targets[0].arrays[0] | .runs == 0 and .level == "raid5" and .slot == 0'
	run_haiki wipe plan "$DRIVE"
	grep -q "MEMBER of the array .*RAID5.*not assembled here" "$CASE/out" || fail "not said: $(cat "$CASE/out")"
}

# degraded, rebuilding, spares and failed ones, as list arrays tells them.
states_of_an_array() {
	start 4
	raid 5 "${DRIVES[@]:0:3}"
	scan
	array_json
	assert_json '.arrays[0] | .name == "md7" and .redundancy_left == 1 and .missing_count == 0 and
		.active_count == 3 and .sync_action == "idle"'
	mdadm --quiet /dev/md7 --fail "$DRIVE"
	until_true 20 grep -q faulty "/sys/block/md7/md/dev-${DRIVE##*/}/state"
	scan
	array_json
	assert_json '.arrays[0] | .state == "degraded" and .redundancy_left == 0 and .missing_count == 1 and
		.failed_count == 1 and .active_count == 2'
	# A rebuild that has not come far.
	echo 1 >/sys/block/md7/md/sync_speed_max
	echo 1 >/sys/block/md7/md/sync_speed_min
	mdadm --quiet /dev/md7 --add "${DRIVES[3]}"
	until_true 20 grep -qx recover /sys/block/md7/md/sync_action
	scan
	array_json
	assert_json '.arrays[0] | .state == "degraded" and .sync_action == "recover" and .rebuilding_count == 1 and
		.redundancy_left == 0 and .sync_done_permille < 1000'
	run_haiki inventory list arrays
	grep -q "md7 .*RAID5 .*DEGRADED .*2/3 .*rebuilding" "$CASE/out" || fail "not listed: $(cat "$CASE/out")"
	echo 200000 >/sys/block/md7/md/sync_speed_max
	until_true 60 grep -qx idle /sys/block/md7/md/sync_action
	until_true 20 mdadm --quiet /dev/md7 --remove "$DRIVE"
	mdadm --quiet /dev/md7 --add-spare "$DRIVE" || mdadm --quiet /dev/md7 --add "$DRIVE"
	until_true 20 grep -q spare "/sys/block/md7/md/dev-${DRIVE##*/}/state"
	scan
	array_json
	assert_json '.arrays[0] | .redundancy_left == 1 and .spare_count == 1 and .failed_count == 0'
	show md7
	assert_json '.arrays[0].members | length == 4 and any(.member_state == "spare")'
	run_haiki inventory show md7
	assert_exit 0
}

# What becomes of RAID10 depends on which one goes, and the kernel knows the layout.
raid10_neighbours() {
	start 4
	raid 10 "${DRIVES[@]}"
	mdadm --quiet /dev/md7 --fail "$DRIVE"
	until_true 20 mdadm --quiet /dev/md7 --remove "$DRIVE"
	scan
	know_drives
	show_drive "${DRIVES[1]}"
	assert_json '.drives[0].arrays[0].without == "destroyed"'
	show_drive "${DRIVES[2]}"
	assert_json '.drives[0].arrays[0].without == "last-redundancy"'
	refused_in_use "${DRIVES[1]}" holders "md7 \(RAID10\) would be destroyed"
	refused_in_use "${DRIVES[2]}" holders "md7 \(RAID10\) would lose its last redundancy"
}

# The technician's case: a drive is pulled out of a running array. It is known by what it served while
# it is out, when it is back, and when it has been wiped.
a_pulled_member_is_remembered() {
	local address id
	DRIVE_MIB=64
	start 2
	need lvm
	raid 1 "${DRIVES[@]}"
	vgcreate -qq -y served /dev/md7
	lvcreate -qq -y -Wn -L 16M -n volume served
	old_contents $((16 * MIB)) | dd of=/dev/served/volume bs=1M oflag=direct iflag=fullblock status=none
	DATA=$(digest_of /dev/served/volume)
	scan
	know_drives
	id=$(id_of "$DRIVE")
	show "$id"
	assert_json '.drives[0].arrays[0] | .left_utc == "" and .without == "last-redundancy"'

	address=$(basename "$(readlink -f "/sys/block/${DRIVE##*/}/device")")
	unplug "$DRIVE"
	until_true 20 mdadm --quiet /dev/md7 --fail detached --remove detached
	scan
	show "$id"
	assert_json '.drives[0].present == 0 and .drives[0].arrays[0].without == "left" and
		.drives[0].arrays[0].left_utc != "" and .drives[0].arrays[0].slot == 0'
	assert_above '.name == "md7" and .left_utc != ""' '.name == "served/volume"'
	array_json
	assert_json '.arrays[0] | .state == "degraded" and .left_count == 1 and .active_count == 1'

	echo "- - -" >"/sys/class/scsi_host/host${address%%:*}/scan"
	until_true 20 block_of_address "${address%:*}"
	udev_settle
	DRIVE=$(block_of_address "${address%:*}")
	scan
	show "$id"
	assert_json '.drives[0].present == 1 and .drives[0].arrays[0].without == "left"'
	run_haiki wipe plan "$DRIVE" --json
	assert_exit 0
	assert_json '.targets[0].allowed == 1 and (.targets[0].arrays[0] | .runs == 1 and .name == "md7" and .slot == 0)'
	run_haiki wipe plan "$DRIVE"
	grep -q "was a member of the array md7 (RAID1), slot 0, which runs here without it" "$CASE/out" ||
		fail "not said: $(cat "$CASE/out")"
	released "$DRIVE"
	assert_same "$DATA" "$(digest_of /dev/served/volume)" "the volume's data"
	scan
	show "$id"
	assert_json '.drives[0].arrays[0] | .without == "left" and .name == "md7"'
	assert_node '.name == "served/volume"'
	# Also when the array is no more.
	vgchange -qq -an served
	mdadm --quiet --stop /dev/md7
	scan
	show "$id"
	assert_node '.kind == "array" and .left_utc != ""'
}

# 0.90 writes its UUID in another order of bytes than the kernel shows it.
old_superblock_is_the_same_array() {
	start 2
	need mdadm
	need_module raid1
	mdadm --quiet --create /dev/md7 --run --level=1 --metadata=0.90 --assume-clean --raid-devices=2 \
		"${DRIVES[@]}"
	udev_settle
	scan
	mdadm --quiet /dev/md7 --fail "$DRIVE"
	until_true 20 mdadm --quiet /dev/md7 --remove "$DRIVE"
	run_haiki wipe plan "$DRIVE" --json
	assert_json '.targets[0].arrays[0] | .runs == 1 and .name == "md7"'
	mdadm --quiet --stop /dev/md7
	scan
	array_json
	assert_json '.arrays | length == 1 and .[0].state == "inactive"'
}

# A container of firmware metadata, and the array in it.
container() {
	export IMSM_NO_PLATFORM=1 IMSM_DEVNAME_AS_SERIAL=1
	start 2
	need mdadm
	need_module raid1
	mdadm --quiet --create /dev/md/box --run --metadata=imsm --raid-devices=2 "${DRIVES[@]}"
	mdadm --quiet --create /dev/md/volume --run --level=1 --raid-devices=2 --assume-clean /dev/md/box
	udev_settle
	scan
	know_drives
	array_json
	assert_json '.arrays | any(.level == "container" and .metadata == "external:imsm") and
		any(.level == "raid1" and .redundancy_left == 1 and .active_count == 2)'
	show_drive "$DRIVE"
	assert_json '[.drives[0].arrays[] | .level] | sort == ["container", "raid1"]'
}

check "a tree from drives over RAID, LVM and LUKS to a filesystem" tall_tree
check "what is not assembled is known by its superblocks" not_assembled
check "list arrays: degraded, rebuilding, spare, failed" states_of_an_array
check "RAID10: what becomes of it depends on the member" raid10_neighbours
check "a pulled member is remembered, comes back, and is wiped" a_pulled_member_is_remembered
check "md metadata 0.90: one array, whoever spells its UUID" old_superblock_is_the_same_array
check "firmware metadata: the container and its array" container
finish
