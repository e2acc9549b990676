#!/bin/bash
# No space left where the store or the certificates are: a clear word, nothing lost, and it goes on.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# A state folder that can hold no more than $1 KiB.
small_state() {
	mkdir -p "$CASE/small"
	mount -t tmpfs -o size="$1k" tmpfs "$CASE/small"
	STATE=$CASE/small/state
	make_keys
}

# Fill what is left in a folder, but for so many KiB.
fill() {
	local free
	free=$(df --output=avail --block-size=1K "$1" | tail -n 1)
	head -c $(((free - $2) * 1024)) /dev/zero >"$1/ballast" 2>/dev/null || true
}

full_at_the_start() {
	local device
	make_drive device $MIB
	small_state 1536
	SERIAL=$(serial_of "$device")
	fill "$CASE/small" 0
	cat /dev/zero >"$CASE/small/more" 2>/dev/null || true
	run_haiki wipe run "$device" --serial "$SERIAL" --json
	[ "$STATUS" -ne 0 ] || fail "a job ran that could not be recorded"
	grep -Eq 'space|full' "$CASE/err" || fail "no word about space: $(cat "$CASE/err")"
	cmp "${BACKING[$device]}" <(old_contents $MIB)
	rm -f "$CASE/small/ballast" "$CASE/small/more"
	run_haiki wipe run "$device" --serial "$SERIAL" --json
	assert_exit 0
	assert_proven "$device"
}

# The space ends while the job runs: it may stop or go on, but not lie.
full_in_the_middle() {
	local device job
	make_drive device $((8 * MIB))
	small_state 2048
	SERIAL=$(serial_of "$device")
	start_haiki wipe run "$device" --serial "$SERIAL" --json --rate 4M
	until_true 20 test -s "$STATE/haiki.db"
	until_true 20 is_written "$device"
	cat /dev/zero >"$CASE/small/ballast" 2>/dev/null || true
	wait_haiki
	[ "$STATUS" -ne 0 ] || fail "exit 0 although nothing could be recorded"
	[ "$STATUS" -lt 124 ] || fail "it ended with $STATUS"
	grep -Eq 'space|full' "$CASE/err" || fail "no word about space: $(cat "$CASE/err")"
	rm -f "$CASE/small/ballast"
	job=$(sqlite3 "$STATE/haiki.db" 'SELECT id FROM job')
	run_haiki wipe resume "$job" --json
	assert_exit 0
	assert_proven "$device"
	sqlite3 "$STATE/haiki.db" 'PRAGMA integrity_check' | grep -qx ok
}
is_written() {
	! cmp --bytes=512 "${BACKING[$1]}" <(old_contents 512)
}

certificates_folder_full() {
	local device job
	make_keys
	make_drive device $MIB
	mkdir "$CASE/out-folder"
	mount -t tmpfs -o size=16k tmpfs "$CASE/out-folder"
	cat /dev/zero >"$CASE/out-folder/ballast" 2>/dev/null || true
	wipe "$device" --out "$CASE/out-folder"
	[ "$STATUS" -ne 0 ] || fail "exit 0 without a certificate"
	[ -z "$(find "$CASE/out-folder" -name 'haiki-*')" ] || fail "half a certificate was left"
	rm "$CASE/out-folder/ballast"
	mount -o remount,size=1m "$CASE/out-folder"
	job=$(sqlite3 "$STATE/haiki.db" 'SELECT id FROM job')
	[ -n "$job" ] || {
		wipe "$device" --out "$CASE/out-folder"
		job=$(job_of)
	}
	run_haiki report certificate "$job" --out "$CASE/out-folder" --json
	assert_exit 0
	assert_record "$(find "$CASE/out-folder" -name '*.json')" proven
}

# A certificate could not be made for want of the key; later runs make up for it.
key_lost_and_found() {
	local device job
	need sqlite3
	make_keys
	make_drive device $((4 * MIB))
	start_haiki wipe run "$device" --serial "$(serial_of "$device")" --json --rate 4M
	until_true 20 is_written "$device"
	kill -KILL "$PID" || true
	wait "$PID" || true
	job=$(sqlite3 "$STATE/haiki.db" 'SELECT id FROM job')
	mv "$STATE/keys" "$CASE/keys"
	run_haiki wipe resume "$job" --json
	assert_exit 7
	assert_code keys-missing
	mv "$CASE/keys" "$STATE/keys"
	run_haiki wipe resume "$job" --json
	assert_exit 0
	assert_proven "$device"
}

check "full before the job" full_at_the_start
check "full in the middle of the job" full_in_the_middle
check "the certificates' folder is full" certificates_folder_full
check "the signing key is away for a while" key_lost_and_found
finish
