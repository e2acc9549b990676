#!/bin/bash
# A run that goes on without its terminal, and how it is watched.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# The detached process is not ours by birth: remember it by its owner in the store.
remember_owner() {
	local pid
	pid=$(sqlite3 "$STATE/haiki.db" 'SELECT owner_pid FROM journal LIMIT 1')
	[ -n "$pid" ] && [ -d "/proc/$pid" ] && remember processes "$pid"
	return 0
}

detached() {
	local device job
	need sqlite3
	make_keys
	make_drive device $((4 * MIB))
	wipe "$device" --detach --rate 2M
	assert_exit 0
	assert_json '.jobs[0].outcome != "proven"'
	job=$(job_of)
	until_true 10 is_owned
	remember_owner
	run_haiki wipe watch --once --json
	assert_exit 0
	assert_json ".jobs | length == 1"
	LIMIT=60 run_haiki wipe watch "$job" --json
	assert_exit 0
	run_haiki report certificate "$job" --json
	assert_exit 0
	assert_holds_stream "$device" "$(find "$STATE/certificates" -name '*.json' | tail -n 1)"
	assert_record "$(find "$STATE/certificates" -name '*.json' | tail -n 1)" proven
}
is_owned() {
	[ "$(sqlite3 "$STATE/haiki.db" "SELECT count(*) FROM journal WHERE owner_pid > 0")" -gt 0 ]
}

refused_detached() {
	local device
	make_keys
	make_drive device $MIB
	run_haiki wipe run "$device" --serial WRONG --detach --json
	assert_exit 3
	cmp "${BACKING[$device]}" <(old_contents $MIB)
}

nothing_to_watch() {
	make_keys
	run_haiki inventory scan --json
	run_haiki wipe watch --once --json
	assert_exit 0
	assert_json '.jobs | length == 0'
}

check "detached, watched, certified" detached
check "a refusal does not need to be watched" refused_detached
check "nothing to watch" nothing_to_watch
finish
