#!/bin/bash
# Two runs at once: for one drive exactly one wins; for two drives neither is in the other's way.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# run_apart NUMBER WORD…: a run in the background with output of its own.
run_apart() {
	local number=$1
	shift
	assert_command_is_safe "$@"
	# shellcheck disable=SC2046
	exec_haiki "$@" $(haiki_settings) >"$CASE/out$number" 2>"$CASE/err$number" </dev/null &
	PIDS[$number]=$!
	remember processes $!
}
end_apart() {
	wait_haiki "${PIDS[$1]}"
	cp "$CASE/out$1" "$CASE/out"
	cp "$CASE/err$1" "$CASE/err"
	CODES[$1]=$STATUS
}

# race DEVICE: three runs at once; WINNER is the one that proved, "" when each saw another at the drive
# and all were refused: then nothing was touched.
race() {
	local device=$1 serial number before
	before=$(digest_of "$device")
	serial=$(serial_of "$device")
	WINNER=
	for number in 1 2 3; do
		run_apart $number wipe run "$device" --serial "$serial" --json --rate 8M
	done
	for number in 1 2 3; do
		end_apart $number
		case $STATUS in
		0)
			[ -z "$WINNER" ] || fail "two runs proved one drive"
			WINNER=$number
			;;
		3) ;;
		*)
			show_last_run
			fail "run $number ended with $STATUS"
			;;
		esac
	done
	[ -n "$WINNER" ] || assert_same "$before" "$(digest_of "$device")" "nobody won, and it was written"
}

one_drive() {
	local device round
	declare -A PIDS CODES
	make_keys
	make_drive device $((4 * MIB))
	for round in 1 2 3 4 5 6 7 8; do
		race "$device"
		[ -z "$WINNER" ] || break
		echo "round $round: all were refused"
	done
	[ -n "$WINNER" ] || fail "nobody ever proved the drive"
	cp "$CASE/out$WINNER" "$CASE/out"
	assert_proven "$device"
}

# As one_drive, but the state folders are two: only the kernel's claim is between them.
two_stores() {
	local device serial first=$STATE
	declare -A PIDS CODES
	make_keys
	make_drive device $((4 * MIB))
	serial=$(serial_of "$device")
	run_apart 1 wipe run "$device" --serial "$serial" --json --rate 4M
	STATE=$CASE/state2
	make_keys
	until_true 10 is_written "$device"
	run_haiki wipe run "$device" --serial "$serial" --json
	assert_exit 3
	STATE=$first
	end_apart 1
	assert_exit 0
	assert_proven "$device"
}
is_written() {
	! cmp --bytes=512 "${BACKING[$1]}" <(old_contents 512)
}

two_drives() {
	local a b number
	declare -A PIDS CODES
	make_keys
	make_drive a $((4 * MIB))
	make_drive b $((4 * MIB))
	run_apart 1 wipe run "$a" --serial "$(serial_of "$a")" --json --rate 8M
	run_apart 2 wipe run "$b" --serial "$(serial_of "$b")" --json --rate 8M
	for number in 1 2; do
		end_apart $number
		assert_exit 0
		if [ $number -eq 1 ]; then assert_proven "$a"; else assert_proven "$b"; fi
	done
}

# A job that runs is not resumed a second time.
resume_of_a_running_job() {
	local device job
	declare -A PIDS CODES
	need sqlite3
	make_keys
	make_drive device $((4 * MIB))
	run_apart 1 wipe run "$device" --serial "$(serial_of "$device")" --json --rate 4M
	until_true 10 is_written "$device"
	job=$(sqlite3 "$STATE/haiki.db" 'SELECT id FROM job')
	run_haiki wipe resume "$job" --json
	[ "$STATUS" -ne 0 ] || fail "a running job was resumed"
	assert_code job-running
	end_apart 1
	assert_exit 0
	assert_proven "$device"
}

# While haiki has a drive, nobody else gets it: no mount, no exclusive open.
claimed() {
	local device
	declare -A PIDS CODES
	make_keys
	make_drive device $((4 * MIB))
	run_apart 1 wipe run "$device" --serial "$(serial_of "$device")" --json --rate 4M
	until_true 10 is_written "$device"
	perl -e 'use Fcntl; exit(sysopen(F, $ARGV[0], O_RDONLY | O_EXCL) ? 1 : 0)' "$device" ||
		fail "an exclusive open succeeded"
	flock --nonblock --shared "$device" true && fail "a shared lock was given"
	end_apart 1
	assert_exit 0
}

# Somebody who opens the drive without a claim writes behind the read-back: what was read is no more.
written_behind_the_reading() {
	local device
	make_keys
	make_drive device $((16 * MIB))
	SERIAL=$(serial_of "$device")
	start_haiki wipe run "$device" --serial "$SERIAL" --json --rate 8M
	until_true 30 reads_back
	assert_ours "$device"
	printf LATE-SECRET | dd of="$device" bs=512 seek=3 conv=notrunc,fsync status=none
	wait_haiki
	assert_exit 1
	assert_json '.jobs[0].outcome == "failed"'
	assert_json 'any(.evidence[]; .kind == "error" and .code == "written-by-others")' "$(certificate_of)"
}
reads_back() {
	grep -q '"method":"read-back"' "$CASE/err"
}
check "a write behind the reading is noticed" written_behind_the_reading

check "three runs race for one drive" one_drive
check "two state folders, one drive" two_stores
check "two runs in one store for two drives" two_drives
check "a running job is not resumed" resume_of_a_running_job
check "the drive is claimed and locked" claimed
finish
