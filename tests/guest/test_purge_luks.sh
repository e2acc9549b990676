#!/bin/bash
# guest: --memory 768
# LUKS with a real dm-crypt: what was written through a volume is lost with its keys, and only with all
# copies of them; cryptsetup is the witness.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

DRIVE_MIB=24
SECRET="what the tenant wrote"

# make_volume DEVICE TYPE: formatted, opened as /dev/mapper/haiki-secret.
make_volume() {
	need cryptsetup
	need_module dm-crypt
	printf 'the passphrase' >"$CASE/key"
	cryptsetup luksFormat --batch-mode --type "$2" --key-size 256 --pbkdf pbkdf2 \
		--pbkdf-force-iterations 1000 --key-file "$CASE/key" "$1"
	open_volume "$1"
}

open_volume() {
	cryptsetup open --key-file "$CASE/key" "$1" haiki-secret
	udev_settle
}

close_volume() {
	cryptsetup close haiki-secret
	udev_settle
}

# At the volume's end: LUKS1's data begins within what is overwritten with its header.
last_mib() {
	echo $(($(blockdev --getsize64 /dev/mapper/haiki-secret) / MIB - 4))
}

write_secret() {
	yes "$SECRET" 2>/dev/null | dd of=/dev/mapper/haiki-secret bs=1M iflag=fullblock count=4 \
		seek="$(last_mib)" oflag=direct conv=fsync status=none
}

reads_secret() {
	dd if=/dev/mapper/haiki-secret bs=1M count=4 skip="$(last_mib)" iflag=direct status=none |
		grep -qF "$SECRET"
}

# What lies on the medium is never the secret itself.
assert_encrypted() {
	! dd if="$1" bs=1M iflag=direct status=none | grep -qF "$SECRET" || fail "the secret lies on the drive"
}

assert_nothing_opens() {
	! cryptsetup isLuks "$1" || fail "cryptsetup finds a header"
	! cryptsetup open --test-passphrase --key-file "$CASE/key" "$1" 2>/dev/null || fail "a slot opens"
	! cryptsetup repair --batch-mode "$1" 2>/dev/null || fail "the header can be repaired"
}

record() {
	run_haiki inventory scan
	assert_exit 0
	run_haiki inventory encryption record "$(serial_of "$1")" --basis "LUKS since delivery" --ticket T-17
	assert_exit 0
}

purge() {
	wipe "$1" --level purge --method luks-erase
}

keys_and_their_copy() {
	local type=$1 uuid id certificate
	start 1
	make_volume "$DRIVE" "$type"
	write_secret
	# An open mapping is in use.
	record "$DRIVE"
	purge "$DRIVE"
	assert_exit 3
	reads_secret || fail "the volume was damaged by a refused run"
	close_volume
	assert_encrypted "$DRIVE"
	uuid=$(cryptsetup luksUUID "$DRIVE")
	cryptsetup luksHeaderBackup "$DRIVE" --header-backup-file "$CASE/backup"
	run_haiki inventory key-copy record "$uuid" "bench:/backup" --json
	id=$(jq -r '.key_copies[0].id' "$CASE/out")

	purge "$DRIVE"
	assert_exit 0
	certificate=$(certificate_of)
	assert_record "$certificate" proven
	assert_json ".verdict.level == \"purge\" and .outstanding == [\"key-copy:$id\"] and
		(.plan.encryption_basis | startswith(\"LUKS since delivery, T-17\"))" "$certificate"
	assert_json '[.evidence[] | select(.kind == "answer") | .moment + " " + .status] ==
		["before never", "accepted succeeded", "after succeeded"]' "$certificate"
	assert_nothing_opens "$DRIVE"
	assert_encrypted "$DRIVE"

	# Whoever has the copy reads it all, and haiki says so.
	cryptsetup luksHeaderRestore "$DRIVE" --header-backup-file "$CASE/backup" --batch-mode
	open_volume "$DRIVE"
	reads_secret || fail "the copy does not open what it was a copy of"
	close_volume
	run_haiki verify media "$DRIVE" --certificate "$certificate" --json
	assert_exit 1
	assert_json '.agrees == 0'
	grep -q LUKS "$CASE/err" || fail "verify media does not tell that the header came back"
	run_haiki inventory list key-copies --json
	assert_json "[.key_copies[] | select(.uuid == \"$uuid\" and .destroyed == 0)] | length == 2"

	# Keys first, then everything: then no copy opens anything.
	wipe "$DRIVE" --method luks-erase+overwrite
	assert_exit 0
	assert_proven "$DRIVE"
	cryptsetup luksHeaderRestore "$DRIVE" --header-backup-file "$CASE/backup" --batch-mode
	open_volume "$DRIVE"
	! reads_secret || fail "the secret survived its overwriting"
	close_volume
}

# The volume is in a partition: guard, erasure and proof see it through the drive.
in_partition() {
	start 1
	printf 'label: gpt\nstart=2048\n' | sfdisk --quiet "$DRIVE"
	udev_settle
	make_volume "${DRIVE}1" luks2
	write_secret
	record "$DRIVE"
	purge "$DRIVE"
	assert_exit 3
	close_volume
	purge "$DRIVE"
	assert_exit 0
	assert_record "$(certificate_of)" proven
	assert_same "" "$(wipefs --noheadings --output TYPE "$DRIVE")"
	assert_encrypted "$DRIVE"
	printf 'label: gpt\nstart=2048\n' | sfdisk --quiet "$DRIVE"
	udev_settle
	assert_nothing_opens "${DRIVE}1"
}

check "LUKS2: keys destroyed, a copy restored, found, and overwritten" keys_and_their_copy luks2
check "LUKS1: keys destroyed, a copy restored, found, and overwritten" keys_and_their_copy luks1
check "LUKS in a partition" in_partition
finish
