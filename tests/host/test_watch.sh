#!/bin/bash
# `haiki inventory watch` on real loop devices: who appears and vanishes is told, entered and flagged;
# a drive that hangs holds up nobody; sixty-four drives at once; a clean end.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# Lines of JSON, of drives of this case alone: other tests have loop devices too.
lines() {
	jq --compact-output "$1" "$CASE/out" 2>/dev/null
}
has() {
	[ -n "$(lines "$1")" ]
}

# begin_watch [WORD…]: until the first look at all of them is over.
begin_watch() {
	start_haiki inventory watch --json "$@"
	until_true 60 has 'select(.event == "ready")'
}

# events_arrive: whether the kernel tells this container of its disks at all.
need_events() {
	local probe
	begin_watch
	make_drive probe $MIB
	for _ in $(seq 100); do
		has "select(.event == \"appeared\" and .path == \"$probe\")" && break
		sleep 0.05
	done
	has "select(.event == \"appeared\" and .path == \"$probe\")" ||
		skip "no events of the kernel about disks reach this container"
	PROBE=$probe
}

end_watch() {
	kill -TERM "$PID"
	wait_haiki
	assert_exit 0
}

a_drive_comes_and_goes() {
	local device serial
	need_events
	make_drive device $MIB
	until_true 20 has "select(.event == \"appeared\" and .path == \"$device\" and .history.known == 0)"
	serial=$(lines "select(.path == \"$device\") | .identity.serial" | tr -d '"' | tail -n 1)
	losetup --detach "$device"
	until_true 20 has "select(.event == \"vanished\" and .identity.serial == \"$serial\")"
	# The same drive under another name is the same drive.
	attach_file device "${BACKING[$device]}"
	until_true 20 has "select(.event == \"appeared\" and .identity.serial == \"$serial\" and .history.known == 1)"
	end_watch
	run_haiki inventory show "$serial" --json
	assert_exit 0
	assert_json '.drives | length == 1 and .[0].present == 1'
	assert_same "$(sqlite3 "$STATE/haiki.db" "SELECT group_concat(action, ' ') FROM event JOIN drive ON drive.id = target_id AND target_kind = 'drive' WHERE serial = '$serial' AND action IN ('appeared', 'vanished') ORDER BY event.id")" \
		"appeared vanished appeared"
}

what_happened_while_nobody_watched_is_noted_at_the_start() {
	local device serial
	make_drive device $MIB
	serial=$(serial_of "$device")
	run_haiki inventory watch --once --json
	assert_exit 0
	has "select(.event == \"appeared\" and .identity.serial == \"$serial\")" || fail "it was not seen"
	run_haiki inventory watch --once --json
	assert_exit 0
	has "select(.event == \"present\" and .identity.serial == \"$serial\")" || fail "it is not here any more"
	losetup --detach "$device"
	run_haiki inventory watch --once --json
	assert_exit 0
	has "select(.event == \"vanished\" and .identity.serial == \"$serial\")" || fail "its going was not noticed"
	run_haiki inventory show "$serial" --json
	assert_json '.drives[0].present == 0'
}

two_devices_that_are_one_are_flagged_while_both_are_here() {
	local first second
	need_events
	make_drive first $MIB
	until_true 20 has "select(.event == \"appeared\" and .path == \"$first\")"
	attach_file second "${BACKING[$first]}"
	until_true 20 has 'select(.event == "flagged" and .flag.code == "identity-duplicate")'
	run_haiki_beside wipe plan "$first" --json
	assert_json '.targets[0].allowed == 0' "$CASE/beside"
	losetup --detach "$second"
	until_true 20 has 'select(.event == "cleared" and .flag.code == "identity-duplicate")'
	end_watch
}

# run_haiki would overwrite what the watch has printed.
run_haiki_beside() {
	# shellcheck disable=SC2046
	"$HAIKI" "$@" $(haiki_settings) >"$CASE/beside" 2>"$CASE/beside.err" </dev/null || true
}

# More devices than looks at once, one of them dead, in a scan and in a watch.
many_drives_and_a_dead_one() {
	local i file device faulty devices=() started ended
	make_faulty faulty $MIB
	for ((i = 0; i < 63; i++)); do
		file=$CASE/many.$i
		truncate --size=1M "$file"
		device=$(losetup --find --show "$file" 2>/dev/null) || skip "there are not 64 loop devices here"
		assert_ours "$device"
		devices+=("$device")
	done
	tell "$faulty" "hangs-all"
	run_haiki inventory scan --json
	release_faulty "$CASE"
	assert_exit 0
	assert_json "[.drives[] | select(.identity.backing | startswith(\"$CASE/many.\")) | select(.layers_known == 1 and .note == \"\")] | length == 63"
	assert_json "[.drives[] | select(.identity.name == \"${faulty#/dev/}\" or .note != \"\")] | length >= 1"
	tell "$faulty" "hangs-all"
	begin_watch_of_many
	assert_same "$(lines "select(.event == \"present\" and .layers_known == 1) | select(.identity.backing | startswith(\"$CASE/many.\")) | .path" | sort -u | wc -l)" 63
	release_faulty "$CASE"
	end_watch
}

# The living are told of before the dead one is given up.
begin_watch_of_many() {
	start_haiki inventory watch --json
	until_true 25 enough_are_told
	has 'select(.event == "ready")' && fail "the dead drive was not waited for, or it is not dead"
	return 0
}
enough_are_told() {
	[ "$(lines "select(.event == \"present\") | select(.identity.backing | startswith(\"$CASE/many.\")) | .path" | sort -u | wc -l)" -eq 63 ]
}

an_end_is_clean() {
	local signal
	for signal in TERM INT HUP; do
		begin_watch
		kill -"$signal" "$PID"
		wait_haiki
		assert_exit 0
	done
	run_haiki inventory watch --seconds 1
	assert_exit 0
	run_haiki inventory watch --seconds 0
	assert_exit 2
	run_haiki inventory watch --seconds 1x
	assert_exit 2
}

need jq losetup sqlite3
check "a drive that comes and goes is told, entered and known again" a_drive_comes_and_goes
check "what happened while nobody watched is noted at the start" what_happened_while_nobody_watched_is_noted_at_the_start
check "two devices that are one are flagged while both are here" two_devices_that_are_one_are_flagged_while_both_are_here
check "sixty-four drives, one of them dead: the others are seen at once" many_drives_and_a_dead_one
check "it ends cleanly, by every wish to end" an_end_is_clean
finish
