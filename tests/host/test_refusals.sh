#!/bin/bash
# What must not be erased, and what must not be believed: the documented exit code, contents
# unchanged, and where a job was entered a signed record of the refusal.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# refused DEVICE CHECK [WORD…]: the guard's check CHECK refuses, nothing is written, and the signed
# record says so.
refused() {
	local device=$1 check=$2 before serial
	shift 2
	before=$(sha256sum <"${BACKING[$device]}")
	serial=${SERIAL:-$(serial_of "$device")}
	run_haiki wipe run "$device" --serial "$serial" --json "$@"
	assert_exit 3
	assert_same "$before" "$(sha256sum <"${BACKING[$device]}")" "a refused drive was written"
	assert_json '.jobs[0].outcome == "refused"'
	assert_record "$(certificate_of)" refused
	assert_json "[.evidence[] | select(.kind == \"guard\") | .checks[] |
		select(.result != \"passed\") | .check] | index(\"$check\") != null" "$(certificate_of)"
	assert_json "[.evidence[] | select(.kind == \"started\")] | length == 0" "$(certificate_of)"
}

# nothing_ran CODE WORD…: a run that is refused before any job is made.
nothing_ran() {
	local code=$1
	shift
	run_haiki wipe run "$@" --json
	assert_exit "$code"
	assert_json '(.jobs // []) | length == 0'
	[ -s "$CASE/err" ] || fail "no word to the operator"
}

a_file() {
	make_keys
	old_contents $MIB >"$CASE/file"
	nothing_ran 2 "$CASE/file" --serial X
	cmp "$CASE/file" <(old_contents $MIB)
}

a_character_device() {
	make_keys
	nothing_ran 2 /dev/null --serial X
}

missing() {
	make_keys
	run_haiki wipe run /dev/haiki-no-such-drive --serial X --json
	assert_exit 1 2 3
	assert_json '(.jobs // []) | length == 0'
	run_haiki wipe run NO-SUCH-SERIAL --serial NO-SUCH-SERIAL --json
	assert_exit 1 2 3
	assert_code target-unknown
}

kernel_name() {
	local device
	make_keys
	make_drive device $MIB
	nothing_ran 2 "${device#/dev/}" --serial X
	grep -q "Did you mean $device?" "$CASE/err" || fail "$(cat "$CASE/err")"
}

impossible_store() {
	STATUS=0
	"$HAIKI" inventory scan --state /proc/haiki >"$CASE/out" 2>"$CASE/err" || STATUS=$?
	assert_exit 1
	! grep -q 'inventory scan' "$CASE/err" || fail "it advises what just failed: $(cat "$CASE/err")"
}

a_partition() {
	local device before
	make_keys
	make_drive device $((8 * MIB))
	printf 'label: gpt\n,4MiB\n' | sfdisk --quiet --no-tell-kernel "$device"
	partx --update "$device" 2>/dev/null || partx --add "$device" 2>/dev/null ||
		skip "this kernel makes no partitions on loop devices"
	[ -b "${device}p1" ] || skip "no node appeared for the partition"
	before=$(digest_of "$device")
	run_haiki wipe run "${device}p1" --serial X --json
	assert_exit 2 3
	assert_same "$before" "$(digest_of "$device")"
	partx --delete "$device"
}

mounted() {
	local device
	make_keys
	make_drive device $((8 * MIB))
	mkfs.ext4 -q -F "$device"
	mkdir "$CASE/mount"
	mount -o ro "$device" "$CASE/mount"
	refused "$device" mounted
}

# The mount is in another namespace only: our own /proc/self/mounts does not show it.
mounted_elsewhere() {
	local device
	make_keys
	make_drive device $((8 * MIB))
	mkfs.ext4 -q -F "$device"
	mkdir "$CASE/mount"
	unshare --mount --propagation private sh -c \
		'mount -o ro "$1" "$2" && touch "$3" && exec sleep 60' sh "$device" "$CASE/mount" "$CASE/ready" &
	remember processes $!
	until_true 10 test -e "$CASE/ready"
	refused "$device" mounted
}

partition_mounted() {
	local device
	make_keys
	make_drive device $((16 * MIB))
	printf 'label: gpt\n,8MiB\n' | sfdisk --quiet --no-tell-kernel "$device"
	partx --update "$device" 2>/dev/null || partx --add "$device" 2>/dev/null ||
		skip "this kernel makes no partitions on loop devices"
	[ -b "${device}p1" ] || skip "no node appeared for the partition"
	mkfs.ext4 -q -F "${device}p1"
	mkdir "$CASE/mount"
	mount -o ro "${device}p1" "$CASE/mount"
	refused "$device" mounted
	umount "$CASE/mount"
	partx --delete "$device"
}

swap() {
	local device
	make_keys
	make_drive device $((8 * MIB))
	mkswap -q "$device" >/dev/null
	swapon "$device" 2>/dev/null || skip "this kernel refuses swap on a loop device"
	SERIAL=$(serial_of "$device") refused "$device" swap
}

loop_on_loop() {
	local device upper
	make_keys
	make_drive device $((8 * MIB))
	upper=$(losetup --find --show "$device")
	# shellcheck disable=SC2064
	trap "set +e; trap - ERR; losetup --detach $upper; take_down '$CASE'" EXIT
	refused "$device" loop-backing
}

same_file_twice() {
	local device twin
	make_keys
	make_drive device $((8 * MIB))
	attach_file twin "${BACKING[$device]}"
	refused "$device" loop-backing
}

# In a container, whatever is open outside is not to be seen; unless somebody vouches for it, and then
# the certificate says so.
in_a_namespace() {
	local device
	make_keys
	HAIKI_OWN_PROCESSES='' configure
	make_drive device $MIB
	WRAPPER="unshare --pid --fork --mount-proc" refused "$device" opened
	assert_json "[.evidence[] | select(.kind == \"guard\") | .checks[] |
		select(.detail | test(\"outside this PID namespace\")) | .check] |
		index(\"mounted\") and index(\"opened\")" "$(certificate_of)"
	HAIKI_OWN_PROCESSES='' configure "[guard]" "outside = vouched"
	WRAPPER="unshare --pid --fork --mount-proc" wipe "$device"
	assert_exit 0
	assert_proven "$device"
	assert_json "[.evidence[] | select(.kind == \"guard\") | .checks[] | select(.check == \"opened\") |
		.result == \"passed\" and (.detail | test(\"vouches\"))] | length > 0 and all" \
		"$(certificate_of)"
}

# The descriptor is closed, the mapping is left.
mapped() {
	local device
	need python3
	make_keys
	make_drive device $MIB
	python3 -c 'import mmap, os, sys, time
fd = os.open(sys.argv[1], os.O_RDONLY)
kept = mmap.mmap(fd, 4096, mmap.MAP_SHARED, mmap.PROT_READ)
os.closerange(3, 64)
open(sys.argv[2], "w").close()
time.sleep(60)' "$device" "$CASE/ready" &
	remember processes $!
	until_true 10 test -e "$CASE/ready"
	refused "$device" opened
	assert_json "[.evidence[] | select(.kind == \"guard\") | .checks[] |
		select(.check == \"opened\") | .detail | test(\"mapped\")] | any" "$(certificate_of)"
}

opened() {
	local device
	make_keys
	make_drive device $MIB
	exec 7<"$device"
	sleep 60 <&7 &
	remember processes $!
	exec 7<&-
	refused "$device" opened
	assert_json "[.evidence[] | select(.kind == \"guard\") | .checks[] |
		select(.check == \"opened\") | .detail | test(\"sleep\")] | any" "$(certificate_of)"
}

read_only() {
	local device file=$CASE/drive
	make_keys
	old_contents $MIB >"$file"
	attach_file device "$file" 512 --read-only
	refused "$device" read-only
}

wrong_serial() {
	local device
	make_keys
	make_drive device $MIB
	nothing_ran 3 "$device" --serial NOT-THIS-ONE
	assert_code serial-needed
	cmp "${BACKING[$device]}" <(old_contents $MIB)
}

no_serial() {
	local device before
	make_keys
	make_drive device $MIB
	before=$(digest_of "$device")
	nothing_ran 3 "$device"
	assert_code serial-needed
	assert_same "$before" "$(digest_of "$device")"
}

serial_of_another() {
	local device other
	make_keys
	make_drive device $MIB
	make_drive other $MIB
	nothing_ran 3 "$device" --serial "$(serial_of "$other")"
	cmp "${BACKING[$device]}" <(old_contents $MIB)
	cmp "${BACKING[$other]}" <(old_contents $MIB)
}

one_serial_of_two() {
	local device other
	make_keys
	make_drive device $MIB
	make_drive other $MIB
	nothing_ran 3 "$device" "$other" --serial "$(serial_of "$device")"
	assert_code serial-needed
	cmp "${BACKING[$device]}" <(old_contents $MIB)
}

a_serial_too_many() {
	local device
	make_keys
	make_drive device $MIB
	nothing_ran 2 "$device" --serial "$(serial_of "$device")" --serial NOT-THIS-ONE
	assert_code serial-of-no-target
	cmp "${BACKING[$device]}" <(old_contents $MIB)
}

# unknown_word CODE OPTION WORD
unknown_word() {
	local device
	make_keys
	make_drive device $MIB
	echo "$POLICY" | sed 's/"\(zone\|confidentiality\)":"\*"/"\1":"known"/g' >"$CASE/policy.json"
	nothing_ran 2 "$device" --serial "$(serial_of "$device")" --policy "$CASE/policy.json" "$2" "$3"
	assert_code "$1"
	grep -q 'Did you mean' "$CASE/err" || fail "nothing is suggested: $(cat "$CASE/err")"
	cmp "${BACKING[$device]}" <(old_contents $MIB)
}

named_twice() {
	local device before
	make_keys
	make_drive device $MIB
	before=$(digest_of "$device")
	nothing_ran 2 "$device" "$(serial_of "$device")" --serial "$(serial_of "$device")"
	assert_same "$before" "$(digest_of "$device")"
}

hold() {
	local device serial
	need sqlite3
	make_keys
	make_drive device $MIB
	serial=$(serial_of "$device")
	run_haiki inventory scan --json
	sqlite3 "$STATE/haiki.db" "INSERT INTO hold (id, target_kind, target_id, authority, reason,
		placed_utc_ms) SELECT 1, 'drive', id, 'Court', 'case 1', 1700000000000
		FROM drive WHERE serial = '$serial'"
	assert_same 1 "$(sqlite3 "$STATE/haiki.db" 'SELECT count(*) FROM hold')" "no hold was placed"
	refused "$device" hold
	sqlite3 "$STATE/haiki.db" 'UPDATE hold SET lifted_utc_ms = 1700000000001'
	wipe "$device"
	assert_exit 0
}

purge_asked() {
	local device before
	make_keys
	make_drive device $MIB
	before=$(digest_of "$device")
	wipe "$device" --level purge
	assert_exit 4
	assert_same "$before" "$(digest_of "$device")" "a level fell silently"
	assert_json '.jobs[0].outcome == "refused"'
	assert_record "$(certificate_of)" refused
	assert_json '[.evidence[] | select(.kind == "plan-refused")] | length == 1' "$(certificate_of)"
}

# policy CODE TEXT: a policy that is not taken.
policy() {
	local device before
	make_keys
	make_drive device $MIB
	before=$(digest_of "$device")
	printf '%s' "$2" >"$CASE/policy.json"
	nothing_ran 1 "$device" --serial "$(serial_of "$device")" --policy "$CASE/policy.json"
	assert_code "$1"
	grep -q policy.json "$CASE/err" || fail "the message does not name the file"
	assert_same "$before" "$(digest_of "$device")"
}

POLICY='{"format":"haiki-policy","format_version":1,"name":"n","version":"1","source":"s","rules":[{"zone":"*","media":"*","confidentiality":"*","level":"clear","scheme":"random","verification":"full"}],"schemes":[]}'

no_rule() {
	local device before
	make_keys
	make_drive device $MIB
	before=$(digest_of "$device")
	echo "${POLICY/'"zone":"*"'/'"zone":"elsewhere"'}" >"$CASE/policy.json"
	wipe "$device" --policy "$CASE/policy.json"
	assert_exit 3 4
	assert_same "$before" "$(digest_of "$device")"
}

# store CODE: a store that cannot be used; what is broken is in $STATE/haiki.db already.
store() {
	local code=$1 device=$2
	run_haiki wipe run "$device" --serial "$SERIAL" --json
	assert_exit "${3:-1}"
	assert_code "$code"
	grep -q haiki.db "$CASE/err" || fail "the message does not name the store"
	cmp "${BACKING[$device]}" <(old_contents $MIB)
}

prepare_store() {
	make_keys
	make_drive device $MIB
	SERIAL=$(serial_of "$device")
	run_haiki inventory scan
	assert_exit 0
}

store_newer() {
	local device
	need sqlite3
	prepare_store
	sqlite3 "$STATE/haiki.db" "UPDATE meta SET value = '999' WHERE name = 'schema_version'"
	store store-newer "$device" 4
}

store_corrupt() {
	local device
	prepare_store
	head -c 65536 /dev/zero | tr '\0' Z >"$STATE/haiki.db"
	rm -f "$STATE"/haiki.db-*
	store store-corrupt "$device"
}

store_busy() {
	local device
	need sqlite3
	prepare_store
	# Somebody else writes for longer than anybody waits.
	{ echo "BEGIN EXCLUSIVE;"; touch "$CASE/locked"; sleep 60; } | sqlite3 "$STATE/haiki.db" &
	remember processes $!
	until_true 10 test -e "$CASE/locked"
	sleep 0.3
	store store-busy "$device"
}

store_read_only() {
	local device
	prepare_store
	mkdir "$CASE/frozen"
	mount --bind "$STATE" "$CASE/frozen"
	mount -o remount,bind,ro "$CASE/frozen"
	STATE=$CASE/frozen store store-read-only "$device"
}

check "a file is no drive" a_file
check "a character device is no drive" a_character_device
check "a path and a serial that are not there" missing
check "a kernel name is no drive's name" kernel_name
check "a store that cannot be made" impossible_store
check "a partition is not a whole drive" a_partition
check "mounted" mounted
check "mounted in another namespace" mounted_elsewhere
check "a partition of it is mounted" partition_mounted
check "swap" swap
check "a loop device stands on it" loop_on_loop
check "another loop device stands on the same file" same_file_twice
check "opened by another process, which is named" opened
check "mapped into another process's memory" mapped
check "in a PID namespace, where not all is seen" in_a_namespace
check "read-only" read_only
check "the wrong serial" wrong_serial
check "the serial of another drive" serial_of_another
check "the serial of one drive of two" one_serial_of_two
check "a serial too many" a_serial_too_many
check "an unknown scheme" unknown_word scheme-unknown --scheme randon
check "an unknown zone" unknown_word zone-unknown --zone knwn
check "an unknown confidentiality" unknown_word confidentiality-unknown --confidentiality knwn
check "no serial and nobody to ask" no_serial
check "one drive named twice" named_twice
check "a legal hold, and after it was lifted" hold
check "purge asked where only clear is possible" purge_asked
check "policy: not JSON" policy policy-malformed 'not json'
check "policy: truncated" policy policy-malformed "${POLICY:0:90}"
check "policy: a key twice" policy policy-malformed "${POLICY/'"name":"n"'/'"name":"n","name":"n"'}"
check "policy: an unknown field" policy policy-malformed "${POLICY/'"name"'/'"extra":1,"name"'}"
check "policy: an unknown scheme" policy policy-malformed "${POLICY/random/nonsense}"
check "policy: newer than the program" policy policy-newer "${POLICY/'"format_version":1'/'"format_version":2'}"
check "policy: no rule for the drive" no_rule
check "the store is newer than the program" store_newer
check "the store is corrupt" store_corrupt
check "the store is busy" store_busy
check "the store is read-only" store_read_only
finish
