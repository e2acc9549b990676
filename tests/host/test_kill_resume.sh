#!/bin/bash
# A job cut at any moment goes on, and ends with every byte as the certificate says; meanwhile it is
# never taken for finished. SEED=N repeats a run, KILLS=N changes how often it is killed.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

SEED=${SEED:-$((RANDOM * 32768 + RANDOM))}
KILLS=${KILLS:-24}
BYTES=$((6 * MIB + 512))

# REPLY becomes a whole number below $1, the same for the same seed. (Not printed: a subshell would
# begin its own sequence.)
RANDOM=$((SEED % 32768))
below() {
	REPLY=$(((RANDOM * 32768 + RANDOM) % $1))
}

milliseconds() {
	printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
}

# The process that was begun, and the one that works for it, which dies with it.
kill_now() {
	local workers worker
	workers=$(workers_of "$PID")
	kill -KILL "$PID" 2>/dev/null || true # it may have ended first
	wait "$PID" 2>/dev/null || true
	for worker in $workers; do until_true 10 is_gone "$worker"; done
	PID=
}
is_gone() {
	! grep -qs '^State:[[:space:]]*[^Z]' "/proc/$1/status"
}

# The only job in the store, "" when none was entered yet.
the_job() {
	sqlite3 "$STATE/haiki.db" 'SELECT id FROM job' 2>/dev/null
}

# The only state that may be shown of a job that was cut: not proven.
assert_not_proven() {
	run_haiki wipe watch "$1" --once --json
	assert_json '[.. | .outcome? // empty] | index("proven") == null'
}

# killed_at MILLISECONDS: kill the first run then, resume, and prove the result.
killed_at() {
	local device serial job file delay=$1
	need sqlite3
	make_keys
	make_drive device $BYTES
	serial=$(serial_of "$device")
	start_haiki wipe run "$device" --serial "$serial" --json --rate 8M
	sleep "$(milliseconds "$delay")"
	kill_now
	job=$(the_job)
	if [ -z "$job" ]; then
		# Before the job was entered nothing was written.
		cmp <(contents "$device") <(old_contents $BYTES)
		wipe "$device"
		assert_exit 0
		assert_proven "$device"
		return
	fi
	# A kill that came after the last event cannot undo it.
	[ "$(sqlite3 "$STATE/haiki.db" "SELECT count(*) FROM evidence WHERE kind = 'ended'")" -gt 0 ] ||
		assert_not_proven "$job"
	run_haiki report certificate "$job" --json
	run_haiki wipe resume "$job" --json
	assert_exit 0
	assert_proven "$device"
	file=$(certificate_of)
	# What was issued before the end says interrupted, and the last one replaces it.
	for file in "$STATE"/certificates/*.json; do
		openssl_verify "$file" || fail "openssl refuses $file"
		assert_json '.verdict.outcome == "proven" or .verdict.outcome == "interrupted"' "$file"
	done
}

# killed_often MILLISECONDS…: killed again and again, also while it resumes.
killed_often() {
	local device serial job delay
	need sqlite3
	make_keys
	make_drive device $((4 * MIB + 512))
	serial=$(serial_of "$device")
	start_haiki wipe run "$device" --serial "$serial" --json --rate 4M
	until_true 20 started_step
	kill_now
	job=$(the_job)
	for delay; do
		start_haiki wipe resume "$job" --json --rate 4M
		sleep "$(milliseconds "$delay")"
		kill_now
	done
	run_haiki wipe resume "$job" --json
	assert_exit 0
	assert_proven "$device"
}

started_step() {
	[ "$(sqlite3 "$STATE/haiki.db" "SELECT count(*) FROM evidence WHERE kind = 'started'")" -gt 0 ]
}

# Interrupt a run in its first step; SIGNAL, then what is expected to be recorded.
start_and_cut() {
	make_keys
	make_drive device $((8 * MIB))
	start_haiki wipe run "$device" --serial "$(serial_of "$device")" --json --rate 2M
	until_true 20 started_step
	sleep 0.5
}

ended_by_signal() {
	local device job
	need sqlite3
	start_and_cut
	kill "-$1" "$PID"
	wait_haiki
	assert_exit 5
	assert_json '.jobs[0].outcome == "interrupted"'
	assert_record "$(certificate_of)" interrupted
	assert_json '[.evidence[] | select(.kind == "interrupted")][0].cause == "operator"' "$(certificate_of)"
	job=$(job_of)
	assert_not_proven "$job"
	run_haiki wipe resume "$job" --json
	assert_exit 0
	assert_proven "$device"
	assert_json '.supersedes | length > 0' "$(certificate_of)"
}

# The certificate of a cut job before it is resumed.
cause_of_the_cut() {
	local device job cause=$1
	need sqlite3
	start_and_cut
	kill_now
	job=$(the_job)
	if [ "$cause" = power-lost ]; then
		# As after a power cut: the owner was a process of another boot.
		sqlite3 "$STATE/haiki.db" "UPDATE journal SET
			owner_boot_id = '00000000-0000-4000-8000-000000000000'"
	fi
	run_haiki report certificate "$job" --json
	assert_exit 0 5
	file=$(find "$STATE/certificates" -name '*.json')
	assert_record "$file" interrupted
	assert_json "[.evidence[] | select(.kind == \"interrupted\")][0].cause == \"$cause\"" "$file"
	run_haiki wipe resume "$job" --json
	assert_exit 0
	assert_proven "$device"
}

# What was flushed before the cut is not written once more, and the rest is.
goes_on_where_it_stopped() {
	local device job
	need sqlite3
	start_and_cut
	until_true 20 some_bytes_are_durable
	kill_now
	job=$(the_job)
	run_haiki wipe resume "$job" --json
	assert_exit 0
	assert_proven "$device"
	assert_json '[.evidence[] | select(.kind == "started" and .step == 1) | .from_bytes] | last > 0' \
		"$(certificate_of)"
}
some_bytes_are_durable() {
	[ "$(sqlite3 "$STATE/haiki.db" 'SELECT durable_bytes FROM journal')" -gt 0 ]
}

# Between the cut and the resume somebody wrote to the drive: the read-back finds it or it is
# overwritten, but it is never proven with a foreign byte on it.
changed_meanwhile() {
	local device job
	need sqlite3
	start_and_cut
	until_true 20 some_bytes_are_durable
	kill_now
	job=$(the_job)
	printf 'foreign' | dd of="${BACKING[$device]}" bs=1 seek=4096 conv=notrunc status=none
	run_haiki wipe resume "$job" --json
	if [ "$STATUS" -eq 0 ]; then
		assert_proven "$device"
	else
		assert_exit 1
		assert_record "$(certificate_of)" failed
	fi
}

another_drive_under_the_name() {
	local device other job before
	need sqlite3
	start_and_cut
	kill_now
	job=$(the_job)
	make_drive other $((8 * MIB))
	before=$(digest_of "$other")
	losetup --detach "$device"
	until_true 5 is_detached "$device"
	losetup --detach "$other"
	until_true 5 is_detached "$other"
	# The name of the cut drive now leads to another one of the same size.
	losetup "$device" "${BACKING[$other]}"
	assert_ours "$device"
	run_haiki wipe resume "$job" --json
	[ "$STATUS" -ne 0 ] || fail "it went on with another drive"
	assert_same "$before" "$(sha256sum <"${BACKING[$other]}" | cut -d ' ' -f 1)" \
		"another drive was written"
}
is_detached() {
	[ ! -e "/sys/block/${1#/dev/}/loop/backing_file" ]
}

echo "# seed $SEED"
for number in $(seq "$KILLS"); do
	# From before the job is entered to after its end: at 8 MiB/s the job takes about 1.6 s.
	below $((1900 / KILLS))
	delay=$((number * 1900 / KILLS - REPLY))
	check "killed after $delay ms" killed_at $delay
done
delays=()
for number in 1 2 3 4 5 6; do
	below 700
	delays+=($((50 + REPLY)))
done
# A drive that has gone on must not be erased by an old job that nobody thinks of any more.
old_job_is_given_up() {
	local device old
	make_keys
	make_drive device $((16 * MIB))
	cut_a_run "$device"
	old=$(the_job)
	wipe "$device"
	assert_exit 0
	digest_of "$device" >"$CASE/proven"
	run_haiki wipe resume "$old" --json
	[ "$STATUS" -ne 0 ] || fail "the old job was run"
	digest_of "$device" | cmp - "$CASE/proven" || fail "the old job wrote to the drive"
	run_haiki report certificate "$old" --json
	assert_exit 0
}

# Without a terminal and without a name, no job goes on.
nobody_named_it() {
	local device
	make_keys
	make_drive device $((16 * MIB))
	cut_a_run "$device"
	digest_of "$device" >"$CASE/cut"
	run_haiki wipe resume --json
	assert_exit 3
	assert_code job-not-named
	digest_of "$device" | cmp - "$CASE/cut" || fail "it went on"
}

# What is written to the drive while nobody holds it, a sample could miss: all is written again.
sample_and_foreign_bytes() {
	local device job
	make_keys
	make_drive device $((16 * MIB))
	sed 's/"verification":"full"/"verification":"sample"/' <<<"$SAMPLING_POLICY" >"$CASE/policy.json"
	cut_a_run "$device" --policy "$CASE/policy.json" --verify sample
	job=$(the_job)
	assert_ours "$device"
	printf SECRET-OF-A-STRANGER | dd of="$device" bs=512 seek=777 conv=notrunc status=none
	sync "$device"
	run_haiki wipe resume "$job" --json
	assert_exit 0
	assert_proven "$device"
	assert_json '[.evidence[] | select(.kind == "started" and .step == 1)] | last | .from_bytes == 0' \
		"$(certificate_of)"
}
SAMPLING_POLICY='{"format":"haiki-policy","format_version":1,"name":"n","version":"1","source":"s","rules":[{"zone":"*","media":"*","confidentiality":"*","level":"clear","scheme":"random","verification":"sample"}],"schemes":[]}'

# cut_a_run DEVICE [OPTION…]: killed in its first step, after something was journaled.
cut_a_run() {
	local device=$1 serial
	shift
	serial=$(serial_of "$device")
	start_haiki wipe run "$device" --serial "$serial" --json --rate 3M "$@"
	until_true 20 journaled_something
	kill_now
}
journaled_something() {
	[ "$(sqlite3 "$STATE/haiki.db" "SELECT max(durable_bytes) FROM journal WHERE step = 1")" -gt 0 ]
}

check "an old job of a drive that has gone on is given up" old_job_is_given_up
check "no job goes on that nobody named" nobody_named_it
check "a sample forgives no interruption" sample_and_foreign_bytes

check "killed while it resumes, after ${delays[*]} ms" killed_often "${delays[@]}"
check "Ctrl-C" ended_by_signal INT
check "SIGTERM" ended_by_signal TERM
check "a killed process is on record before the job goes on" cause_of_the_cut process-lost
check "a power cut is on record before the job goes on" cause_of_the_cut power-lost
check "it goes on from its last flushed byte" goes_on_where_it_stopped
check "bytes changed while it was cut" changed_meanwhile
check "another drive under the name of the cut one" another_drive_under_the_name
finish
