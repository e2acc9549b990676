#!/bin/bash
# Every call may fail: the N-th of each family fails during a whole `wipe run`. Whatever comes of it,
# the program does not crash or hang, its exit code is a documented one, 0 is said only where the
# drive is proven and holds the stream, and afterwards the job comes to an end.
#
# The first FIRST calls of each family, then STRIDED more, evenly; INJECT_FULL=1: every one.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

FIRST=${FIRST:-30}
STRIDED=${STRIDED:-15}

# inject FAMILY N COMMAND…: run_haiki with the N-th call failing. CALLS: how many there were.
inject() {
	local family=$1 number=$2
	shift 2
	rm -f "$CASE/count"
	LIMIT=60 WRAPPER="env INJECT_FAMILY=$family INJECT_AT=$number INJECT_COUNT=$CASE/count ${FOREVER:+INJECT_FOREVER=1} LD_PRELOAD=$TOOLS/inject.so" \
		run_haiki "$@"
	CALLS=$(cat "$CASE/count" 2>/dev/null || echo 0)
}

prepare() {
	need sqlite3
	make -s -C "$REPOSITORY/tests/inject" BUILD="$TOOLS"
	! ldd "$HAIKI" | grep -q libasan || skip "a sanitizer takes the calls first"
	configure "[engine]" "io = threads" "stall = 20"
	make_keys
	make_drive DEVICE $MIB
	SERIAL=$(serial_of "$DEVICE")
	cp -a "$STATE" "$CASE/fresh"
}

begin_afresh() {
	rm -rf "$STATE" "$CASE"/core*
	cp -a "$CASE/fresh" "$STATE"
}

# The exit code of the last run is one of the manual's: no signal, no time-out. libjansson 2.14 itself
# crashes for want of memory; that is as if the process had been killed, and what follows must be too.
assert_documented() {
	[ "$STATUS" -le 7 ] && return
	[ "$STATUS" -eq 139 ] && [[ $1 == *" of json" ]] && return
	show_last_run
	fail "$1: ended with $STATUS"
}

# Wherever the last output says proven, it is so.
assert_no_lie() {
	local name
	[ "$STATUS" -ne 0 ] || assert_json '.jobs[0].outcome == "proven"'
	[ -s "$CASE/out" ] || return 0
	if jq --exit-status '.jobs[0].outcome == "proven"' "$CASE/out" >/dev/null 2>&1; then
		name=$(jq --raw-output '.jobs[0].certificate' "$CASE/out")
		[ "$STATUS" -ne 0 ] || [ -n "$name" ] || fail "$1: exit 0 without certificate"
		[ -z "$name" ] || assert_proven "$DEVICE"
	fi
}

# Afterwards nothing fails any more: the job comes to its end and to a record.
assert_comes_to_an_end() {
	local job
	[ -s "$STATE/haiki.db" ] || return 0
	job=$(sqlite3 "$STATE/haiki.db" 'SELECT id FROM job' 2>/dev/null) || true
	sqlite3 "$STATE/haiki.db" 'PRAGMA integrity_check' | grep -qx ok || fail "$1: the store is damaged"
	[ -n "$job" ] || return 0
	run_haiki wipe resume "$job" --json
	assert_documented "$1, then resume"
	assert_no_lie "$1, then resume"
	run_haiki report certificate "$job" --json
	assert_documented "$1, then report"
	assert_exit 0
	find "$STATE/certificates" -name '*.json' -print -quit | grep -q . || fail "$1: no record"
}

one_failure() {
	local what="call $2 of $1"
	echo "$what"
	begin_afresh
	inject "$1" "$2" wipe run "$DEVICE" --serial "$SERIAL" --json
	assert_documented "$what"
	assert_no_lie "$what"
	assert_comes_to_an_end "$what"
}

# family NAME: fail one after the other until the run passes without a failure.
family() {
	local number total stride
	prepare
	begin_afresh
	inject "$1" 0 wipe run "$DEVICE" --serial "$SERIAL" --json
	assert_exit 0
	total=$CALLS
	echo "$total calls"
	[ "$total" -gt 0 ] || fail "no call of $1 was seen: the injector does not work"
	stride=1
	[ -n "${INJECT_FULL:-}" ] || stride=$(((total > FIRST ? total - FIRST : 0) / STRIDED + 1))
	number=1
	while [ "$number" -le "$total" ]; do
		one_failure "$1" "$number"
		if [ "$number" -lt "$FIRST" ]; then number=$((number + 1)); else number=$((number + stride)); fi
	done
}

from_then_on() {
	FOREVER=1 family "$1"
}

for name in read write flush space open rename ioctl thread memory json; do
	check "one failing call: $name" family $name
done
FIRST=10
check "every call failing from one on: space" from_then_on space
check "every call failing from one on: flush" from_then_on flush
check "every call failing from one on: write" from_then_on write
finish
