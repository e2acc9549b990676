#!/bin/bash
# Many drives in one run, over few workers.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"

# How many threads of the run under way have a name that begins so.
threads_called() {
	local process
	for process in $PID $(workers_of "$PID"); do cat /proc/"$process"/task/*/comm 2>/dev/null; done |
		grep -c "^$1"
}

# Seven drives of different sizes and one that cannot write a sector.
eight() {
	local device index devices=() words=() most=0 threads cores
	make_keys
	configure "[engine]" "io = $1"
	for index in 0 1 2 3 4 5 6; do
		make_drive device $((MIB * (1 + index % 3) + 512 * index))
		devices+=("$device")
	done
	make_faulty device $((2 * MIB))
	devices+=("$device")
	for device in "${devices[@]}"; do words+=(--serial "$(serial_of "$device")"); done
	tell "${devices[7]}" "unwritable 512 512"
	start_haiki wipe run "${devices[@]}" "${words[@]}" --json --rate 1M
	cores=$(nproc)
	while kill -0 "$PID" 2>/dev/null; do
		threads=$(threads_called haiki-io) || true
		[ "$threads" -gt "$most" ] && most=$threads
		sleep 0.1
	done
	wait_haiki
	assert_exit 6
	# Without io_uring each drive has one thread more that only waits inside the kernel.
	[ "$1" = io_uring ] || cores=$((cores + 8))
	[ "$most" -le "$cores" ] || fail "$most workers on $cores cores"
	assert_json '.jobs | length == 8'
	for index in 0 1 2 3 4 5 6; do
		assert_json ".jobs[$index].serial == \"${words[$((2 * index + 1))]}\""
		assert_proven "${devices[$index]}" "$index"
	done
	assert_json '.jobs[7].outcome == "failed"'
	assert_same "512+512" "$(bad_ranges "$(certificate_of 7)" unwritable)"
	[ "$most" -gt 0 ] || fail "no thread is called haiki-io: this test sees nothing"
}

thread_count() {
	local device index devices=() words=() most=0 threads
	make_keys
	for index in $(seq 16); do
		make_drive device $((2 * MIB))
		devices+=("$device")
		words+=(--serial "$(serial_of "$device")")
	done
	start_haiki wipe run "${devices[@]}" "${words[@]}" --json --rate 1M
	while kill -0 "$PID" 2>/dev/null; do
		threads=$(threads_called haiki-io) || true
		[ "$threads" -gt "$most" ] && most=$threads
		sleep 0.1
	done
	wait_haiki
	assert_exit 0
	[ "$most" -gt 0 ] || fail "no thread is called haiki-io: this test sees nothing"
	[ "$most" -le "$(nproc)" ] || fail "$most workers on $(nproc) cores"
}

all_refused() {
	local a b
	make_keys
	make_drive a $MIB
	make_drive b $MIB
	run_haiki wipe run "$a" "$b" --serial NONE --serial NEITHER --json
	assert_exit 3
	assert_code serial-needed
	assert_json '(.jobs // []) | length == 0'
	cmp "${BACKING[$a]}" <(old_contents $MIB)
	cmp "${BACKING[$b]}" <(old_contents $MIB)
}

for_a_person() {
	local a b
	make_keys
	make_drive a $MIB
	make_drive b $MIB
	run_haiki wipe run "$a" "$b" --serial "$(serial_of "$a")" --serial "$(serial_of "$b")"
	assert_exit 0
	assert_same 2 "$(grep -c '^PROVEN' "$CASE/out")" "lines that say proven"
}

small_memory() {
	local device index devices=() words=()
	make_keys
	configure "[engine]" "memory = 2MiB"
	for index in 1 2 3 4; do
		make_drive device $((3 * MIB + 512))
		devices+=("$device")
		words+=(--serial "$(serial_of "$device")")
	done
	run_haiki wipe run "${devices[@]}" "${words[@]}" --json
	assert_exit 0
	for index in 0 1 2 3; do assert_proven "${devices[$index]}" "$index"; done
}

check "eight drives, one bad: exit 6 and each drive's own word, io_uring" eight io_uring
check "eight drives, one bad: exit 6 and each drive's own word, threads" eight threads
check "sixteen drives do not take a thread each" thread_count
check "all refused: exit 3" all_refused
check "the table for a person" for_a_person
check "a small memory budget" small_memory
finish
