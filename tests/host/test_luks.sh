#!/bin/bash
# LUKS for real, made by cryptsetup: the keys of a drive are destroyed, cryptsetup agrees that nothing
# opens, and what is left of them anywhere is told. There is no dm-crypt here (see the guest's tests):
# volumes are formatted and erased, not opened.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"

SIZE=$((24 * MIB))

# format TYPE DEVICE [OPTION…]: a volume with two keyslots.
format() {
	local type=$1 device=$2
	shift 2
	need cryptsetup
	printf 'one passphrase' >"$CASE/key"
	printf 'another' >"$CASE/key2"
	local options=(--pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file "$CASE/key" --batch-mode)
	cryptsetup luksFormat --type "$type" --key-size 256 "${options[@]}" "$@" "$device"
	cryptsetup luksAddKey "${options[@]}" "$@" "$device" "$CASE/key2"
	udev_settle
}

# make_volume VARIABLE TYPE: a drive that holds nothing but noise and a LUKS volume.
make_volume() {
	make_drive "$1" $SIZE
	head -c $SIZE /dev/urandom >"${BACKING[${!1}]}"
	format "$2" "${!1}"
}

opens() {
	cryptsetup open --test-passphrase --key-file "$CASE/key" "$1" 2>/dev/null
}

# assert_no_header DEVICE: as cryptsetup and libblkid see it.
assert_no_header() {
	! cryptsetup isLuks "$1" || fail "cryptsetup still finds a header"
	! opens "$1" || fail "a keyslot still opens"
	! cryptsetup repair --batch-mode "$1" 2>/dev/null || fail "the header can be repaired"
	assert_same "" "$(wipefs --noheadings --output TYPE "$1")"
}

# say_encrypted DEVICE: the inventory learns of it, and that it was always encrypted.
say_encrypted() {
	run_haiki inventory scan
	assert_exit 0
	run_haiki inventory encryption record "$(serial_of "$1")" --basis "LUKS since delivery" --ticket T-17
	assert_exit 0
}

# purge DEVICE [WORD…]
purge() {
	local device=$1
	shift
	wipe "$device" --level purge --method luks-erase "$@"
}

purged() {
	local device type=$1
	make_keys
	make_volume device "$type"
	opens "$device" || fail "the volume does not open before"
	cp "${BACKING[$device]}" "$CASE/before"
	say_encrypted "$device"
	purge "$device"
	assert_exit 0
	assert_record "$(certificate_of)" proven
	assert_json '.verdict.level == "purge" and .outstanding == [] and
		.plan.encrypted_from_first_write == 1 and (.plan.encryption_basis | test("LUKS since delivery, T-17"))' \
		"$(certificate_of)"
	assert_no_header "$device"
	# Not a sector of the header area is as it was; what is encrypted behind it is.
	assert_same 0 "$(cmp -l -n $((16 * MIB)) "$CASE/before" "${BACKING[$device]}" | awk '
		{ changed[int(($1 - 1) / 512)] = 1 } END { n = 0; for (i in changed) n++; print 32768 - n }')"
	cmp <(tail -c +$((16 * MIB + 1)) "$CASE/before") <(tail -c +$((16 * MIB + 1)) "${BACKING[$device]}")
}

# Only who says so makes the destruction of keys an erasure.
not_said() {
	local device before
	make_keys
	make_volume device luks2
	before=$(digest_of "$device")
	run_haiki inventory scan
	purge "$device"
	assert_exit 4
	assert_same "$before" "$(digest_of "$device")"
	say_encrypted "$device"
	run_haiki inventory encryption revoke "$(serial_of "$device")" --reason "used before"
	assert_exit 0
	purge "$device"
	assert_exit 4
	assert_same "$before" "$(digest_of "$device")"
	opens "$device" || fail "the volume does not open any more"
}

# What was said does not count against what is seen.
contradicted() {
	local device
	make_keys
	make_drive device $((32 * MIB))
	printf 'label: dos\nstart=2048, size=18432\nstart=20480, size=43008\n' | sfdisk --quiet "$device" 2>/dev/null
	local volume
	volume=$(losetup --find --show --offset $MIB --sizelimit $((9 * MIB)) "${BACKING[$device]}")
	mkfs.ext4 -q "$volume"
	losetup --detach "$volume"
	volume=$(losetup --find --show --offset $((10 * MIB)) --sizelimit $((21 * MIB)) "${BACKING[$device]}")
	format luks2 "$volume"
	losetup --detach "$volume"
	blockdev --flushbufs "$device"
	say_encrypted "$device"
	run_haiki inventory show "$(serial_of "$device")" --json
	assert_json '.drives[0].encryption.state == "contradicted"'
	purge "$device"
	assert_exit 4
	wipe "$device" --method luks-erase+overwrite
	assert_exit 0
	assert_proven "$device"
}

# A volume in the only partition: its header goes, and the table that led there.
in_partition() {
	local device volume
	make_keys
	make_drive device $SIZE
	head -c $SIZE /dev/urandom >"${BACKING[$device]}"
	printf 'label: gpt\nstart=2048\n' | sfdisk --quiet "$device" 2>/dev/null
	volume=$(losetup --find --show --offset $MIB --sizelimit $((22 * MIB)) "${BACKING[$device]}")
	format luks2 "$volume"
	losetup --detach "$volume"
	blockdev --flushbufs "$device"
	say_encrypted "$device"
	purge "$device"
	assert_exit 0
	assert_record "$(certificate_of)" proven
	assert_same "" "$(wipefs --noheadings --output TYPE "$device")"
	volume=$(losetup --find --show --offset $MIB --sizelimit $((22 * MIB)) "${BACKING[$device]}")
	assert_no_header "$volume"
	losetup --detach "$volume"
}

# The header is elsewhere: on the drive there is nothing to destroy.
detached() {
	local device before
	make_keys
	make_drive device $SIZE
	truncate -s 16M "$CASE/header"
	format luks2 "$device" --header "$CASE/header"
	before=$(digest_of "$device")
	say_encrypted "$device"
	purge "$device"
	assert_exit 4
	assert_same "$before" "$(digest_of "$device")"
}

# A copy of the header is known, stays on the certificate, comes back on the drive, and is told.
copies() {
	local device uuid id certificate
	make_keys
	make_volume device luks2
	uuid=$(cryptsetup luksUUID "$device")
	cryptsetup luksHeaderBackup "$device" --header-backup-file "$CASE/backup"
	say_encrypted "$device"
	run_haiki inventory key-copy record "$uuid" "bench:$CASE/backup" --json
	assert_exit 0
	id=$(jq -r '.key_copies[0].id' "$CASE/out")
	purge "$device"
	assert_exit 0
	assert_record "$(certificate_of)" proven
	certificate=$(certificate_of)
	assert_json '.jobs[0].outstanding == 1'
	assert_json ".outstanding == [\"key-copy:$id\"]" "$certificate"
	run_haiki verify media "$device" --certificate "$certificate" --json
	assert_exit 0
	assert_json '.agrees == 1 and .coverage == "none" and .residue == []'
	run_haiki inventory scan
	assert_exit 0
	run_haiki inventory list key-copies --json
	assert_json '.key_copies | length == 1'

	cryptsetup luksHeaderRestore "$device" --header-backup-file "$CASE/backup" --batch-mode
	opens "$device" || fail "the copy does not open: there is nothing to be found"
	udev_settle
	run_haiki verify media "$device" --certificate "$certificate" --json
	assert_exit 1
	assert_json '.agrees == 0 and .residue[0].type == "crypto_LUKS"'
	grep -q 'LUKS' "$CASE/err" || fail "verify media says nothing of the header that came back"
	run_haiki inventory scan
	assert_exit 0
	grep -q 'LUKS' "$CASE/err" || fail "the scan says nothing of the header that came back"
	run_haiki inventory list key-copies --json
	assert_json "[.key_copies[] | select(.uuid == \"$uuid\" and .destroyed == 0)] | length == 2"
	run_haiki inventory key-copy destroyed "$id" --how "shredded" --json
	assert_exit 0
	assert_json '.key_copies[0].destroyed == 1 and .key_copies[0].how == "shredded"'
}

# The drive drops what is written to the secondary header, which then opens the volume.
second_header_kept() {
	local device
	make_keys
	make_faulty device $SIZE
	head -c $SIZE /dev/urandom >"${BACKING[$device]}"
	format luks2 "$device"
	say_encrypted "$device"
	tell "$device" "drops 16384 16384"
	purge "$device"
	assert_failed
	tell "$device" honest
	cryptsetup repair --batch-mode "$device" || true
}

# Keyslots that were not overwritten open with a copy of the header, whatever else is gone.
keyslots_kept() {
	local device
	make_keys
	make_faulty device $SIZE
	head -c $SIZE /dev/urandom >"${BACKING[$device]}"
	format luks2 "$device"
	say_encrypted "$device"
	tell "$device" "drops $((8 * MIB)) 4096"
	purge "$device"
	assert_failed
}

flush_fails() {
	local device
	make_keys
	make_faulty device $SIZE
	head -c $SIZE /dev/urandom >"${BACKING[$device]}"
	format luks1 "$device"
	say_encrypted "$device"
	tell "$device" flush-fails
	purge "$device"
	assert_failed
}

then_overwritten() {
	local device
	make_keys
	make_volume device luks2
	wipe "$device" --method luks-erase+overwrite
	assert_exit 0
	assert_proven "$device"
	assert_json '.verdict.level == "clear"' "$(certificate_of)"
}

check "the keys of a LUKS2 drive that was always encrypted are destroyed: purge" purged luks2
check "the keys of a LUKS1 drive that was always encrypted are destroyed: purge" purged luks1
check "without that record the destruction of keys is no erasure" not_said
check "a record that something unencrypted speaks against does not count" contradicted
check "a volume in a partition: its keys and the table go" in_partition
check "a detached header is not on the drive" detached
check "copies of the header are told until they are destroyed, and found when one comes back" copies
check "false success 12: a secondary LUKS2 header is left" second_header_kept
check "keyslots that stay are seen" keyslots_kept
check "false success 6: a flush that fails while keys are destroyed" flush_fails
check "the keys first, then all is overwritten" then_overwritten
finish
