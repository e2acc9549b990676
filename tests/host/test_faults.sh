#!/bin/bash
# Drives that fail: what is recorded, what goes on, and that nothing bad is ever proven. The drives
# are tests/drives/faulty.c.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"

SIZE=$((8 * MIB))

honest() {
	local device
	make_keys
	make_faulty device $((SIZE + 512)) 512
	wipe "$device"
	assert_exit 0
	assert_proven "$device"
	[ "$(seen "$device" flushes)" -gt 0 ] || fail "it never flushed"
}

# unwritable BACKEND SECTOR: two ranges, one of them over a request's end; the rest is written.
unwritable() {
	local device file sector=$2
	make_keys
	configure "[engine]" "io = $1"
	make_faulty device $SIZE "$sector"
	tell "$device" "unwritable $((3 * sector)) $sector" \
		"unwritable $((2 * MIB - sector)) $((2 * sector))"
	wipe "$device"
	assert_failed
	file=$(certificate_of)
	assert_same "$((3 * sector))+$sector $((2 * MIB - sector))+$((2 * sector))" \
		"$(bad_ranges "$file" unwritable)" "unwritable ranges"
	still_old "$device" $((3 * sector)) "$sector"
	cmp <(contents "$device" | tail -c +$((2 * MIB + sector + 1))) \
		<(stream "$file" $SIZE | tail -c +$((2 * MIB + sector + 1)))
	cmp <(contents "$device" | head -c $((2 * MIB - sector)) | tail -c +$((4 * sector + 1))) \
		<(stream "$file" $((2 * MIB - sector)) | tail -c +$((4 * sector + 1)))
}

unreadable() {
	local device file sector=$1 offset=$2
	make_keys
	make_faulty device $SIZE "$sector"
	SERIAL=$(serial_of "$device")
	tell "$device" "unreadable $offset $sector"
	run_haiki wipe run "$device" --serial "$SERIAL" --json
	assert_failed
	file=$(certificate_of)
	assert_same "$offset+$sector" "$(bad_ranges "$file" unreadable)" "unreadable ranges"
	assert_holds_stream "$device" "$file"
}

transient() {
	local device
	make_keys
	make_faulty device $SIZE
	tell "$device" "transient-write 2 $((3 * MIB)) 512" "transient-read 2 $((5 * MIB)) 512"
	wipe "$device"
	assert_exit 0
	assert_proven "$device"
	assert_same 4 "$(seen "$device" failed)" "failed tries"
}

lies_in_one_sector() {
	local device file
	make_keys
	make_faulty device $SIZE
	tell "$device" "drops $((5 * MIB + 1024)) 512"
	wipe "$device"
	assert_failed
	file=$(certificate_of)
	assert_same "$((5 * MIB + 1024))+512" "$(bad_ranges "$file" mismatch)" "differing ranges"
	assert_held_except "$device" "$file" $((5 * MIB + 1024)) 512
}

reads_wrong() {
	local device file
	make_keys
	make_faulty device $SIZE 4096
	tell "$device" "flips $((SIZE - 4096)) 4096"
	wipe "$device"
	assert_failed
	file=$(certificate_of)
	assert_same "$((SIZE - 4096))+4096" "$(bad_ranges "$file" mismatch)" "differing ranges"
	assert_holds_stream "$device" "$file"
}

flush_fails() {
	local device
	make_keys
	make_faulty device $SIZE
	tell "$device" "$@"
	wipe "$device"
	assert_failed
	assert_json '[.evidence[] | select(.kind == "finished" and .flushed == 0)] | length > 0' \
		"$(certificate_of)"
}

pulled_out() {
	local device
	make_keys
	make_faulty device $SIZE
	begin_slowly "$device" --rate 2M
	pull_out "$device"
	wait_haiki
	assert_failed
	assert_json '[.evidence[] | select(.kind == "finished")] | last | .result == "vanished"' \
		"$(certificate_of)"
}

dies() {
	local device
	make_keys
	make_faulty device $SIZE
	tell "$device" "dies $1"
	LIMIT=60 wipe "$device"
	[ "$STATUS" -ne 0 ] || fail "a dead drive was proven"
	[ "$STATUS" -ne 124 ] || fail "it did not come to an end"
}

# hangs WORDS BACKEND: a drive hangs while it is written, as WORDS say, and a healthy one beside it
# goes its way.
hangs() {
	local device healthy
	make_keys
	configure "[engine]" "stall = 3" "io = $2"
	make_faulty device $SIZE
	make_drive healthy $SIZE
	start_haiki wipe run "$device" "$healthy" --serial "$(serial_of "$device")" \
		--serial "$(serial_of "$healthy")" --json --rate 4M
	until_true 20 more_writes_than "$device" 2
	tell "$device" "$1"
	wait_for_result 40
	[ "$(seen "$device" hung)" -gt 0 ] || fail "the drive did not hang meanwhile"
	assert_json '.jobs[0].outcome == "failed"'
	assert_record "$(certificate_of 0)" failed
	assert_json '[.evidence[] | select(.kind == "finished")] | last | .result == "stalled"' \
		"$(certificate_of 0)"
	assert_proven "$healthy" 1
	tell "$device" honest
	wait_haiki
	assert_exit 6
}

# The drive hangs already when it is looked at. Nothing can be said about it, but the command ends,
# or at least says what it waits for, and nothing is written.
hangs_when_looked_at() {
	local device serial
	make_keys
	configure "[engine]" "stall = 3"
	make_faulty device $SIZE
	serial=$(serial_of "$device")
	tell "$device" hangs-all
	start_haiki wipe run "$device" --serial "$serial" --json
	wait_for_result 40
	tell "$device" honest
	wait_haiki
	[ "$STATUS" -ne 0 ] || { show_last_run; fail "exit 0"; }
	still_old "$device" 0 $SIZE
}

# The healthy drive's end does not wait for the hung one, and what the hung one does not do is shown
# while it lasts.
healthy_ends_first() {
	local device healthy
	make_keys
	configure "[engine]" "stall = 30"
	make_faulty device $SIZE
	make_drive healthy $((3 * MIB))
	start_haiki wipe run "$device" "$healthy" --serial "$(serial_of "$device")" \
		--serial "$(serial_of "$healthy")" --json --rate 1M
	until_true 20 more_writes_than "$device" 0
	tell "$device" hangs-all
	until_true 10 is_hung "$device"
	until_true 25 is_ended_in_store
	is_hung "$device" || fail "the bad drive did not hang all the while"
	tell "$device" honest
	wait_haiki
	assert_exit 0
	assert_proven "$device" 0
	assert_proven "$healthy" 1
}
is_hung() {
	[ "$(seen "$1" hung)" -gt 0 ]
}
is_ended_in_store() {
	[ "$(sqlite3 "$STATE/haiki.db" "SELECT count(*) FROM evidence WHERE kind = 'ended'")" -eq 1 ]
}

# Slower in all than the stall limit, but each request is answered in time.
slow_is_not_hung() {
	local device
	make_keys
	configure "[engine]" "stall = 3"
	make_faulty device $((5 * MIB))
	tell "$device" "slow 20000 200000"
	wipe "$device" --rate 1M
	assert_exit 0
	assert_proven "$device"
}

hopeless() {
	local device
	make_keys
	make_faulty device $((2 * MIB))
	SERIAL=$(serial_of "$device")
	tell "$device" "unwritable 0 0"
	LIMIT=120 run_haiki wipe run "$device" --serial "$SERIAL" --json
	assert_failed
	still_old "$device" 0 $((2 * MIB))
	assert_json '.verdict.bytes_overwritten == 0' "$(certificate_of)"
}

every_other_sector() {
	local device at words=()
	make_keys
	make_faulty device $MIB
	for ((at = 0; at < 200; at += 2)); do words+=("unwritable $((at * 512)) 512"); done
	tell "$device" "${words[@]}"
	LIMIT=120 wipe "$device"
	assert_failed
	assert_same 100 "$(bad_ranges "$(certificate_of)" unwritable | wc -w)" "ranges"
	assert_json ".verdict.bytes_bad >= $((100 * 512))" "$(certificate_of)"
}

power_cut_of_the_drive() {
	local device job
	need sqlite3
	make_keys
	make_faulty device $SIZE
	tell "$device" cache
	begin_slowly "$device" --rate 2M
	sleep 2.5
	kill -KILL "$PID" || true
	wait "$PID" || true
	# Whatever was written after the last flush is lost with the power.
	tell "$device" lose-cache
	job=$(sqlite3 "$STATE/haiki.db" 'SELECT id FROM job')
	run_haiki wipe resume "$job" --json
	assert_exit 0
	assert_proven "$device"
}

check "an honest faulty drive is proven" honest
for backend in io_uring threads; do
	for sector in 512 4096; do
		check "unwritable sectors of $sector, $backend" unwritable $backend $sector
	done
done
check "an unreadable sector in the middle" unreadable 512 $((3 * MIB + 512))
check "an unreadable sector of 4096" unreadable 4096 $((3 * MIB + 4096))
check "errors that pass are tried again" transient
check "a dropped sector is found exactly" lies_in_one_sector
check "a sector read wrong is found exactly" reads_wrong
check "a flush that fails" flush_fails flush-fails
check "a flush that fails and loses the cache" flush_fails cache flush-loses
check "pulled out" pulled_out
check "dead from the first request" dies 0
check "dead after 20 requests" dies 20
check "dead after 40 requests" dies 40
for backend in io_uring threads; do
	check "a drive hangs at an offset, $backend" hangs "hangs $((5 * MIB)) 512" $backend
	check "a drive hangs altogether, $backend" hangs hangs-all $backend
done
check "a drive hangs when it is looked at" hangs_when_looked_at
check "the healthy drive ends while the other still hangs" healthy_ends_first
check "a slow drive is not a hung one" slow_is_not_hung
check "no sector can be written" hopeless
check "a hundred unwritable sectors are a hundred ranges" every_other_sector
check "a power cut that takes the drive's cache with it" power_cut_of_the_drive
finish
