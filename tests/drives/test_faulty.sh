#!/bin/bash
# Proves the faulty drive itself, by dd and fio: what the host tests rest on. TAP.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/../host/lib.sh"

SIZE=$((8 * MIB))

# put DEVICE OFFSET LENGTH [dd word…]: write letters there, past the page cache.
put() {
	assert_ours "$1"
	head -c "$3" /dev/zero | tr '\0' W |
		dd of="$1" bs="${4:-$3}" iflag=fullblock seek="$2" oflag=direct,seek_bytes conv=notrunc \
			status=none 2>/dev/null
}

# get DEVICE OFFSET LENGTH
get() {
	dd if="$1" bs="$3" count=1 skip="$2" iflag=direct,skip_bytes,fullblock status=none 2>/dev/null
}

expect_failure() {
	if "$@" >/dev/null; then fail "did not fail: $*"; fi
}

is_letters() { [ -z "$(tr -d W | head -c 1)" ]; }

# is_old DEVICE OFFSET LENGTH: are the first contents still on the medium?
is_old() {
	cmp <(contents "$1" | tail -c +$(($2 + 1)) | head -c "$3") \
		<(old_contents $(($2 + $3)) | tail -c "$3")
}

honest() {
	local device
	make_faulty device $SIZE "$1"
	[ "$(bytes_of "$device")" -eq $SIZE ]
	[ "$(blockdev --getss "$device")" -eq "$1" ]
	put "$device" $MIB $MIB
	get "$device" $MIB $MIB | is_letters
	is_old "$device" 0 $MIB
	is_old "$device" $((2 * MIB)) $((6 * MIB))
	[ "$(cat "/sys/block/${device#/dev/}/loop/dio")" = 1 ] || echo "no direct I/O here"
}

honest_under_load() {
	local device
	need fio
	make_faulty device $SIZE
	assert_ours "$device"
	fio --name=load --filename="$device" --rw=randwrite --bsrange=512-1m --direct=1 --ioengine=io_uring \
		--iodepth=8 --verify=crc32c --verify_state_save=0 --size=$SIZE --minimal >/dev/null
}

unwritable() {
	local device sector=$1
	make_faulty device $SIZE "$sector"
	tell "$device" "unwritable $((MIB + sector)) $sector"
	expect_failure put "$device" $MIB $MIB
	is_old "$device" $((MIB + sector)) "$sector" || fail "a failed request transferred"
	put "$device" $MIB "$sector"
	expect_failure put "$device" $((MIB + sector)) "$sector"
	put "$device" $((MIB + 2 * sector)) "$sector"
	is_old "$device" $((MIB + sector)) "$sector"
	contents "$device" | tail -c +$((MIB + 1)) | head -c "$sector" | is_letters
	get "$device" $MIB $MIB >/dev/null
}

unreadable() {
	local device sector=$1
	make_faulty device $SIZE "$sector"
	tell "$device" "unreadable $((SIZE - sector)) $sector"
	expect_failure get "$device" $((SIZE - MIB)) $MIB
	expect_failure get "$device" $((SIZE - sector)) "$sector"
	get "$device" $((SIZE - 2 * sector)) "$sector" >/dev/null
	put "$device" $((SIZE - MIB)) $MIB
	tell "$device" honest
	get "$device" $((SIZE - MIB)) $MIB | is_letters
}

transient() {
	local device
	make_faulty device $SIZE
	tell "$device" "transient-write 2 0 4096" "transient-read 1 0 512"
	expect_failure put "$device" 0 4096
	expect_failure put "$device" 0 4096
	put "$device" 0 4096
	expect_failure get "$device" 0 512
	get "$device" 0 512 | is_letters
	[ "$(seen "$device" failed)" -eq 3 ]
}

drops() {
	local device
	make_faulty device $SIZE
	tell "$device" "drops 4096 512"
	put "$device" 0 $MIB
	is_old "$device" 4096 512
	contents "$device" | head -c 4096 | is_letters
	contents "$device" | head -c $MIB | tail -c +$((4096 + 512 + 1)) | is_letters
	[ "$(seen "$device" dropped)" -ge 1 ]
}

drops_all() {
	local device
	make_faulty device $SIZE
	tell "$device" drops-all
	put "$device" 0 $SIZE $MIB
	is_old "$device" 0 $SIZE
}

flips() {
	local device
	make_faulty device $SIZE
	put "$device" 0 $MIB
	tell "$device" "flips 1024 512"
	get "$device" 0 1024 | is_letters
	[ -z "$(get "$device" 1024 512 | tr -d V)" ] || fail "the lowest bit of W gives V"
	get "$device" 1536 512 | is_letters
	contents "$device" >/dev/null
	tell "$device" honest
	get "$device" 0 $MIB | is_letters
}

sync_drive() { dd if=/dev/null of="$1" conv=notrunc,fsync status=none 2>/dev/null; }

flush_fails() {
	local device
	make_faulty device $SIZE
	tell "$device" flush-fails
	put "$device" 0 4096
	expect_failure sync_drive "$device"
	contents "$device" | head -c 4096 | is_letters
	tell "$device" honest
	sync_drive "$device"
}

flush_loses() {
	local device
	make_faulty device $SIZE
	sync_drive "$device"
	tell "$device" cache flush-loses
	put "$device" 0 4096
	get "$device" 0 4096 | is_letters
	[ "$(seen "$device" waiting)" -eq 4096 ]
	expect_failure sync_drive "$device"
	is_old "$device" 0 4096
}

loses_cache() {
	local device
	make_faulty device $SIZE
	tell "$device" cache
	put "$device" 0 4096
	sync_drive "$device"
	put "$device" 8192 4096
	tell "$device" lose-cache
	contents "$device" | head -c 4096 | is_letters
	is_old "$device" 8192 4096
}

slow() {
	local device before
	make_faulty device $SIZE
	tell "$device" "slow 300000 0"
	before=$(date +%s%N)
	get "$device" 0 4096 >/dev/null
	[ $(($(date +%s%N) - before)) -ge 300000000 ]
}

hangs() {
	local device pid
	make_faulty device $SIZE
	tell "$device" "hangs $((4 * MIB)) 512"
	put "$device" 0 $MIB
	put "$device" $((4 * MIB)) 4096 &
	pid=$!
	until [ "$(seen "$device" hung)" -gt 0 ]; do sleep 0.02; done
	get "$device" 0 $MIB | is_letters || fail "elsewhere the drive still answers"
	is_old "$device" $((4 * MIB)) 4096
	tell "$device" release
	wait $pid
	get "$device" $((4 * MIB)) 4096 | is_letters
}

hangs_all() {
	local device pid
	make_faulty device $SIZE
	tell "$device" hangs-all
	put "$device" 0 4096 &
	pid=$!
	until [ "$(seen "$device" hung)" -gt 0 ]; do sleep 0.02; done
	tell "$device" honest
	wait $pid
}

# The case ends with a hung drive: check's own taking down must let it go (it bails out if not).
left_hanging() {
	local device
	make_faulty device $SIZE
	tell "$device" hangs-all
	put "$device" 0 4096 &
	remember processes $!
	until [ "$(seen "$device" hung)" -gt 0 ]; do sleep 0.02; done
}

dies() {
	local device
	make_faulty device $SIZE
	put "$device" 0 512
	tell "$device" "dies 2"
	put "$device" 0 512
	get "$device" 0 512 >/dev/null
	expect_failure get "$device" 0 512
	expect_failure put "$device" 0 512
	expect_failure sync_drive "$device"
}

pulled() {
	local device
	make_faulty device $SIZE
	pull_out "$device"
	[ "$(bytes_of "$device")" -eq 0 ] || fail "the kernel still shows $(bytes_of "$device") bytes"
	expect_failure put "$device" 0 512
}

nonsense() {
	local device
	make_faulty device $SIZE
	expect_failure tell "$device" "unwritable 1"
	expect_failure tell "$device" "honest 1"
	expect_failure tell "$device" "wicked"
}

# What the loop driver makes of errors, on which the tests of exact ranges rest: a request is given
# on as it came, so an error names the request; smaller requests tell the sectors apart, down to
# the device's logical sector.
error_granularity() {
	local device at bad=
	make_faulty device $SIZE 512
	tell "$device" "unwritable 2048 1024"
	for at in 0 512 1024 1536 2048 2560 3072 3584; do
		put "$device" $at 512 || bad="$bad $at"
	done
	[ "$bad" = " 2048 2560" ] || fail "bad sectors:$bad"
}

check "honest, 512-byte sectors" honest 512
check "honest, 4096-byte sectors" honest 4096
check "honest under mixed requests" honest_under_load
check "unwritable sector of 512" unwritable 512
check "unwritable sector of 4096" unwritable 4096
check "unreadable last sector of 512" unreadable 512
check "unreadable last sector of 4096" unreadable 4096
check "errors that pass" transient
check "errors are told apart sector by sector through the loop device" error_granularity
check "writes dropped in a range" drops
check "all writes dropped" drops_all
check "bits flipped in a range" flips
check "a flush that fails and keeps" flush_fails
check "a flush that fails and loses" flush_loses
check "a lost cache" loses_cache
check "slow" slow
check "hangs at an offset until released" hangs
check "hangs altogether until released" hangs_all
check "a drive left hanging is taken down" left_hanging
check "dies after so many operations" dies
check "pulled out" pulled
check "words not understood are refused" nonsense
finish
