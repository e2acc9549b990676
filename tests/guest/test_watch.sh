#!/bin/bash
# guest:
# `haiki inventory watch` on a kernel with a real udevd: SCSI drives that are added and removed, and
# drives that give each other's serial.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

has() {
	[ -n "$(jq --compact-output "$1" "$CASE/watched" 2>/dev/null)" ]
}

# begin_watch: into $CASE/watched, until the first look at all of them is over.
begin_watch() {
	# shellcheck disable=SC2046
	exec_haiki inventory watch --json $(haiki_settings) >"$CASE/watched" 2>"$CASE/watched.err" </dev/null &
	PID=$!
	remember processes $PID
	until_true 60 has 'select(.event == "ready" and .source == "udev")'
}

end_watch() {
	kill -TERM "$PID"
	wait_haiki
	assert_exit 0
}

serial_told_of() {
	jq --raw-output "select(.event == \"appeared\" and .path == \"$1\") | .identity.serial" "$CASE/watched" | tail -n 1
}

PSEUDO=/sys/bus/pseudo/drivers/scsi_debug/add_host

scsi_drives_are_added_and_removed() {
	local added serial
	make_scsi_debug 1
	begin_watch
	has "select(.path == \"${DRIVES[0]}\" and .identity.transport != \"virtual\")" || fail "${DRIVES[0]} was not seen"
	echo 1 >$PSEUDO
	until_true 20 block_of_host 1
	added=$(block_of_host 1)
	until_true 30 has "select(.event == \"appeared\" and .path == \"$added\" and .identity.serial != \"\" and .identity.wwn != \"\")"
	serial=$(serial_told_of "$added")
	echo -1 >$PSEUDO
	until_true 30 has "select(.event == \"vanished\" and .identity.serial == \"$serial\")"
	end_watch
	run_haiki inventory show "$serial" --json
	assert_exit 0
	assert_json '.drives[0].present == 0'
}

a_burst_of_drives() {
	local host
	make_scsi_debug 1
	begin_watch
	echo 12 >$PSEUDO
	for ((host = 1; host <= 12; host++)); do
		until_true 30 block_of_host $host
		until_true 30 has "select(.event == \"appeared\" and .path == \"$(block_of_host $host)\" and .layers_known == 1)"
	done
	echo -12 >$PSEUDO
	for ((host = 1; host <= 12; host++)); do
		until_true 30 all_vanished
	done
	end_watch
}
all_vanished() {
	[ "$(jq --raw-output 'select(.event == "vanished") | .identity.serial' "$CASE/watched" | sort -u | wc -l)" -eq 12 ]
}

# add_drive VARIABLE NUMBER SERIAL MIB [COMPANY]: a drive that gives this serial; its WWN is made of
# it and of the company's number.
add_drive() {
	local store=$TARGET/core/fileio_0/drive$2
	need_module sd_mod sg target_core_mod target_core_file tcm_loop
	truncate --size "${4}M" "$CASE/medium$2"
	mkdir -p "$store"
	echo "fd_dev_name=$CASE/medium$2,fd_dev_size=$(($4 * MIB))" >"$store/control"
	if [ -n "${5:-}" ]; then
		[ -e "$store/wwn/company_id" ] || skip "this kernel's target has no company_id"
		echo "$5" >"$store/wwn/company_id"
	fi
	echo "$3" >"$store/wwn/vpd_unit_serial"
	echo 1 >"$store/enable"
	make_path "$1" "$2" 0
	udev_settle
}

one_serial_two_wwns() {
	local first second wwn
	make_keys
	add_drive first 1 12345678 16
	add_drive second 2 12345678 16 0x123456
	begin_watch
	has 'select(.event == "flagged" and .flag.code == "serial-duplicate")' || fail "nothing was flagged"
	# By the serial neither is wiped, and the refusal says how it is named.
	run_haiki wipe run "$first" --serial 12345678 --json
	assert_exit 3
	wwn=$(cat "/sys/block/${first##*/}/device/wwid")
	assert_json "[.. | strings | select(contains(\"$wwn\"))] | length > 0"
	run_haiki wipe run 12345678 --serial 12345678 --json
	assert_exit 2
	assert_code target-ambiguous
	# By its WWN it is, and the other one is not touched.
	local before
	before=$(digest_of "$second")
	run_haiki wipe run "$wwn" --serial "$wwn" --json
	assert_exit 0
	assert_json '.jobs[0].outcome == "proven"'
	assert_same "$before" "$(digest_of "$second")" "the other drive was written"
	unplug "$second"
	until_true 30 has 'select(.event == "cleared" and .flag.code == "serial-duplicate")'
	end_watch
}

two_that_cannot_be_told_apart() {
	local first second before
	make_keys
	add_drive first 1 12345678 16
	add_drive second 2 12345678 24
	begin_watch
	has 'select(.event == "flagged" and .flag.code == "identity-duplicate")' || fail "nothing was flagged"
	before=$(digest_of "$first")
	run_haiki wipe run "$first" --serial 12345678 --json
	assert_exit 3
	assert_json "[.. | strings | select(contains(\"${second##*/}\"))] | length > 0"
	assert_same "$before" "$(digest_of "$first")" "a refused drive was written"
	unplug "$second"
	until_true 30 has 'select(.event == "cleared" and .flag.code == "identity-duplicate")'
	end_watch
	run_haiki wipe run "$first" --serial 12345678 --json
	assert_exit 0
}

a_pulled_member_is_known_by_its_array() {
	local host
	make_scsi 2
	need mdadm
	need_module raid1
	mdadm --quiet --create /dev/md7 --run --level=1 --metadata=1.2 --raid-devices=2 "${DRIVES[@]}"
	begin_watch
	until_true 30 array_is_entered
	host=$(readlink -f "/sys/block/${DRIVES[1]##*/}/device" | grep -o 'host[0-9]*' | head -n 1)
	unplug "${DRIVES[1]}"
	until_true 30 has "select(.event == \"vanished\" and .path == \"${DRIVES[1]}\")"
	echo "- - -" >"/sys/class/scsi_host/$host/scan"
	until_true 30 has 'select(.event == "appeared" and .history.array == "md7" and .history.known == 1)'
	end_watch
}
array_is_entered() {
	run_haiki inventory list arrays --json
	jq --exit-status '.arrays[] | select(.name == "md7" and .level == "raid1")' "$CASE/out"
}

two_paths_are_no_duplicates() {
	local second
	make_scsi 1
	make_path second 0 1
	udev_settle
	run_haiki inventory scan --json
	assert_exit 0
	assert_json "[.drives[] | select(.twin == \"path\")] | length == 2"
	assert_json '[.drives[] | .flags[]] | map(select(.code != "serial-placeholder")) | length == 0'
	assert_json "[.drives[] | select(.id != \"\" and .twin == \"path\") | .id] | unique | length == 1"
}

check "SCSI drives that are added and removed are told" scsi_drives_are_added_and_removed
check "a burst of drives is told of one by one" a_burst_of_drives
check "a serial that two drives have names neither; the WWN does" one_serial_two_wwns
check "two drives that cannot be told apart are refused until one has gone" two_that_cannot_be_told_apart
check "a pulled member that comes back is known by its array" a_pulled_member_is_known_by_its_array
check "two paths to one drive are one drive, and no duplicates" two_paths_are_no_duplicates
finish
