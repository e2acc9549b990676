# What the tests on faulty drives share. Sourced after lib.sh.
# SPDX-License-Identifier: GPL-3.0-or-later

# bad_ranges FILE KIND: the ranges of one kind as "offset+length", joined where they touch, in order.
bad_ranges() {
	jq --raw-output --arg kind "$2" '[.evidence[] | select(.kind == "bad-range" and .range == $kind) |
		[.offset_bytes, .length_bytes]] | unique | sort | .[] | @tsv' "$1" | awk '
		NR > 1 && $1 == from + length_ { length_ += $2; next }
		NR > 1 { printf "%d+%d ", from, length_ }
		{ from = $1; length_ = $2 }
		END { if (NR) printf "%d+%d", from, length_ }'
}

# assert_failed: the last run's first job failed, signed.
assert_failed() {
	assert_exit 1
	assert_json '.jobs[0].outcome == "failed" and .jobs[0].level == "none"'
	assert_record "$(certificate_of)" failed
}

# assert_held_except DEVICE FILE OFFSET LENGTH: the stream everywhere but in the range.
assert_held_except() {
	local bytes
	bytes=$(bytes_of "$1")
	cmp <(contents "$1" | head -c "$3") <(stream "$2" "$bytes" | head -c "$3")
	cmp <(contents "$1" | tail -c +$(($3 + $4 + 1))) <(stream "$2" "$bytes" | tail -c +$(($3 + $4 + 1)))
}

# still_old DEVICE OFFSET LENGTH: do the first contents still lie there?
still_old() {
	cmp <(contents "$1" | tail -c +$(($2 + 1)) | head -c "$3") \
		<(old_contents $(($2 + $3)) | tail -c "$3")
}

# begin_slowly DEVICE [WORD…]: a run that is under way when this returns.
begin_slowly() {
	local device=$1
	shift
	start_haiki wipe run "$device" --serial "$(serial_of "$device")" --json "$@"
	until_true 20 more_writes_than "$device" 2
}
more_writes_than() {
	[ "$(seen "$1" writes)" -gt "$2" ]
}

# wait_for_result SECONDS: until the result was printed. With requests that a drive never answers the
# kernel does not let the process end, so its exit code is asked for after the drive was let go.
wait_for_result() {
	until_true "$1" test -s "$CASE/out"
}
