#!/bin/bash
# guest: --memory 1024
# Logical volumes, thick and thin, and LUKS volumes below VMs are erased: of 20,000 markers that were written
# through a file system none is left on the raw drive, the volumes beside keep every byte, and a thin pool is no
# fuller afterwards. What others share is kept, and said.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

DRIVE_MIB=64
ERASE_PLACE=$REPOSITORY/build/release/tests/host/erase_place
MARKERS=20000
TENANT=/dev/haiki/tenant
NEIGHBOUR=/dev/haiki/neighbour-1

# erase_place VERB PLACE [WORD…]: output in $CASE/out, exit code in STATUS.
erase_place() {
	STATUS=0
	timeout 200 "$ERASE_PLACE" "$@" >"$CASE/out" 2>"$CASE/err" </dev/null || STATUS=$?
}

# A drive comes empty here.
fill() {
	:
}

make_group() {
	make_scsi 1
	DRIVE=${DRIVES[0]}
	need lvm
	vgcreate -qq -y -s 1M haiki "$DRIVE"
}

make_thick() {
	make_group
	lvcreate -qq -y -Wn -Zn -L "${1:-16}M" -n tenant haiki
	lvcreate -qq -y -Wn -Zn -L 8M -n neighbour-1 haiki
	udev_settle
}

# Far larger volumes than the pool has room for.
make_thin() {
	need thin_check thin_ls
	need_module dm-thin-pool
	make_group
	lvcreate -qq -y -Zn --type thin-pool -L 40M --chunksize 64k --poolmetadatasize 2M -n pool haiki
	lvcreate -qq -y -Wn -V 256M --thinpool haiki/pool -n tenant
	lvcreate -qq -y -Wn -V 256M --thinpool haiki/pool -n neighbour-1
	udev_settle
}

# write_markers DEVICE WORD COUNT: through a file system, which is unmounted again.
write_markers() {
	mkfs.ext4 -q -E nodiscard -N 64 -O ^has_journal "$1"
	mkdir -p "$CASE/mounted"
	mount "$1" "$CASE/mounted"
	perl -e '
		my ($file, $count, $word) = @ARGV;
		open my $out, ">", $file or die "$file: $!";
		print $out map { sprintf("%-512s", sprintf "HAIKI-%s-%05d", $word, $_) } 0 .. $count - 1 or die $!;
		close $out or die $!' "$CASE/mounted/file" "$3" "$2"
	umount "$CASE/mounted"
}

# How many different markers with this word lie on the raw drive, or on DEVICE?
markers_on() {
	contents "${2:-$DRIVE}" | grep --text --only-matching --extended-regexp "HAIKI-$1-[0-9]{5}" |
		sort -u | wc -l
}

fill_neighbour() {
	write_markers "$NEIGHBOUR" NEIGHBOUR 2000
	BEFORE=$(contents "$NEIGHBOUR" | sha256sum)
}

assert_neighbour_is_whole() {
	assert_same "$BEFORE" "$(contents "$NEIGHBOUR" | sha256sum)"
}

assert_erased() {
	assert_exit 0
	assert_json ".fact == \"erase\" and .method == \"${1:-overwrite}\" and .result == \"done\" and .level == \"clear\" and
		.bytes > 0 and .verified_bytes == .bytes and .reason == \"\""
}

assert_unsupported() {
	assert_exit 0
	assert_json ".result == \"unsupported\" and .method == \"none\" and .reason == \"$1\" and .bytes == 0"
}

assert_presence() {
	erase_place look "$2"
	assert_same "$1" "$(<"$CASE/out")"
}

# assert_removed PLACE: taken away, and LVM says so.
assert_removed() {
	erase_place remove "$1"
	assert_exit 0
	assert_presence gone "$1"
	! lvs haiki/tenant 2>/dev/null || fail "LVM still knows the volume"
	erase_place remove "$1" || true
	assert_neighbour_is_whole
}

thick() {
	make_thick
	write_markers $TENANT TENANT $MARKERS
	fill_neighbour
	assert_same $MARKERS "$(markers_on TENANT)"
	erase_place of $TENANT
	assert_same lv "$(<"$CASE/out")"

	mount $TENANT "$CASE/mounted"
	erase_place erase $TENANT
	assert_exit 3
	assert_code storage-in-use
	umount "$CASE/mounted"
	assert_same $MARKERS "$(markers_on TENANT)"

	# Not active: it is there all the same.
	lvchange -qq -an haiki/tenant
	assert_presence present $TENANT
	erase_place erase /dev/mapper/haiki-tenant
	assert_erased
	assert_json ".bytes == $((16 * MIB))"
	assert_same 0 "$(markers_on TENANT)"
	assert_neighbour_is_whole
	assert_presence present /dev/mapper/haiki-tenant
	assert_removed /dev/mapper/haiki-tenant
	assert_presence gone $TENANT
	assert_presence present $NEIGHBOUR
	assert_presence unknown /dev/mapper/haiki-other
	assert_presence unknown /dev/other/tenant
}

thick_snapshot() {
	need_module dm-snapshot
	make_thick
	write_markers $TENANT TENANT 2000
	lvcreate -qq -y -s -L 8M -n before haiki/tenant
	udev_settle
	erase_place erase $TENANT
	assert_unsupported shared-extents
	erase_place erase $TENANT required
	assert_exit 4
	erase_place remove $TENANT
	assert_exit 3
	erase_place erase /dev/haiki/before
	assert_unsupported layout
	assert_same 2000 "$(markers_on TENANT)"
	lvremove -qq -y haiki/before
	erase_place erase $TENANT
	assert_erased
}

# Sectors that the pool has given away.
pool_used() {
	dmsetup status haiki-pool-tpool | cut -d ' ' -f 6
}

thin() {
	local used
	make_thin
	write_markers $TENANT TENANT $MARKERS
	fill_neighbour
	assert_same $MARKERS "$(markers_on TENANT)"
	used=$(pool_used)
	erase_place erase $TENANT
	assert_erased
	assert_json '(.limits | index("pool")) and .bytes < 20 * 1048576'
	assert_same 0 "$(markers_on TENANT)"
	assert_same "$used" "$(pool_used)"
	assert_neighbour_is_whole
	assert_removed $TENANT
}

thin_snapshot() {
	local used
	make_thin
	write_markers $TENANT TENANT 8000
	fill_neighbour
	lvcreate -qq -y -s -n before haiki/tenant
	used=$(pool_used)
	erase_place erase $TENANT
	assert_unsupported shared-extents
	assert_json '.limits | index("shared-extents")'
	erase_place erase $TENANT required
	assert_exit 4
	assert_same 8000 "$(markers_on TENANT)"
	assert_same "$used" "$(pool_used)"
	lvremove -qq -y haiki/before

	# The kernel would write elsewhere and give the old blocks back as they are.
	erase_place erase $TENANT
	assert_erased
	assert_same 0 "$(markers_on TENANT)"
	assert_same "$used" "$(pool_used)"
	assert_neighbour_is_whole
	write_markers $TENANT TENANT 4000
	used=$(pool_used)

	# Somebody else looks at the pool: it cannot be asked. What we left when we were killed is ours to release.
	dmsetup message haiki-pool-tpool 0 reserve_metadata_snap
	erase_place erase $TENANT
	assert_unsupported cannot-be-asked
	echo 1 >/run/haiki/thin.haiki-pool
	erase_place erase $TENANT
	assert_erased
	assert_same 0 "$(markers_on TENANT)"
	assert_same "$used" "$(pool_used)"
	assert_neighbour_is_whole
}

make_crypt() {
	need cryptsetup
	need_module dm-crypt
	printf 'the passphrase' >"$CASE/key"
	cryptsetup luksFormat --batch-mode --type luks2 --key-size 256 --pbkdf pbkdf2 \
		--pbkdf-force-iterations 1000 --key-file "$CASE/key" "$1"
	cryptsetup open --key-file "$CASE/key" "$1" haiki-secret
	udev_settle
}

MAPPING=/dev/mapper/haiki-secret

# What was encrypted and what was not: before it became a LUKS volume plain markers lay there.
fill_crypt() {
	write_markers $TENANT PLAIN 20000
	make_crypt $TENANT
	write_markers $MAPPING TENANT "$1"
	assert_same 0 "$(markers_on TENANT)"
	[ "$(markers_on PLAIN)" -gt 0 ] || fail "nothing is left to be found"
	cryptsetup luksHeaderBackup $TENANT --header-backup-file "$CASE/backup"
}

assert_nothing_opens() {
	! cryptsetup isLuks $TENANT || fail "cryptsetup finds a header"
	assert_same 0 "$(markers_on PLAIN)"
	assert_same 0 "$(markers_on TENANT $MAPPING)"
}

luks() {
	make_thick 32
	fill_crypt 4000
	fill_neighbour
	erase_place of $MAPPING
	assert_same luks "$(<"$CASE/out")"
	mount $MAPPING "$CASE/mounted"
	erase_place erase $MAPPING
	assert_exit 3
	assert_code storage-in-use
	umount "$CASE/mounted"
	# Below an open mapping nobody writes by another name.
	erase_place erase $TENANT
	assert_exit 3
	assert_same 4000 "$(markers_on TENANT $MAPPING)"

	# Killed in the middle, gone on with.
	"$ERASE_PLACE" erase $MAPPING rate=4000000 >"$CASE/cut" 2>&1 </dev/null &
	PID=$!
	remember processes $PID
	until_true 60 header_is_gone
	kill -KILL "$PID"
	wait "$PID" || true
	[ "$(markers_on TENANT $MAPPING)" -gt 0 ] || fail "it was not killed in the middle"

	erase_place erase $MAPPING
	assert_erased overwrite
	assert_nothing_opens
	# Who kept the header's copy opens it, and finds nothing.
	cryptsetup close haiki-secret
	assert_presence unknown $MAPPING
	cryptsetup luksHeaderRestore $TENANT --header-backup-file "$CASE/backup" --batch-mode
	cryptsetup open --key-file "$CASE/key" $TENANT haiki-secret
	udev_settle
	assert_same 0 "$(markers_on TENANT $MAPPING)"
	erase_place erase $MAPPING
	assert_erased crypto-erase
	assert_json ".bytes == $((32 * MIB))"
	assert_nothing_opens
	# Cut short between the mapping and the volume below: that is there, and the next one goes on.
	exec 9<$TENANT
	erase_place remove $MAPPING
	exec 9<&-
	[ "$STATUS" -ne 0 ] || fail "a volume was removed that somebody has open"
	[ ! -e $MAPPING ] || fail "the mapping is open still"
	assert_presence present $MAPPING
	assert_removed $MAPPING
	assert_neighbour_is_whole
}

header_is_gone() {
	! cryptsetup isLuks $TENANT
}

# A base that others' thin volumes stand on: LVM would take them all away with it.
external_origin() {
	local before
	make_thin
	lvcreate -qq -y -Wn -Zn -L 8M -n base haiki
	udev_settle
	write_markers /dev/haiki/base BASE 2000
	lvchange -qq -an haiki/base
	lvchange -qq --permission r haiki/base
	lvcreate -qq -y --type thin --thinpool haiki/pool -n other haiki/base
	lvchange -qq -ay --ignoreactivationskip haiki/other
	udev_settle
	before=$(contents /dev/haiki/other | sha256sum)
	erase_place erase /dev/haiki/base
	assert_exit 3
	erase_place remove /dev/haiki/base
	assert_exit 3
	assert_code storage-in-use
	lvchange -qq -an haiki/other
	erase_place remove /dev/haiki/base
	assert_exit 3
	# The pool itself is no volume of a VM.
	erase_place remove /dev/haiki/pool || true
	[ "$STATUS" -ne 0 ] || fail "the pool was removed"
	lvchange -qq -ay --ignoreactivationskip haiki/other
	udev_settle
	assert_same "$before" "$(contents /dev/haiki/other | sha256sum)"
	assert_presence present /dev/haiki/base
	lvs haiki/tenant haiki/neighbour-1 >/dev/null
}

luks_on_thin() {
	local used
	make_thin
	need cryptsetup
	fill_crypt 8000
	used=$(pool_used)
	erase_place erase $MAPPING
	assert_erased crypto-erase
	assert_json '(.limits | index("pool")) and .bytes < 40 * 1048576'
	assert_nothing_opens
	assert_same "$used" "$(pool_used)"
}

# A drive that was given to a VM as it is.
block() {
	make_scsi 1
	DRIVE=${DRIVES[0]}
	write_markers "$DRIVE" TENANT 2000
	erase_place of "$DRIVE"
	assert_same block "$(<"$CASE/out")"
	erase_place erase "$DRIVE"
	assert_erased
	assert_json ".bytes == $((DRIVE_MIB * MIB))"
	assert_same 0 "$(markers_on TENANT)"
	assert_presence none "$DRIVE"
}

check "thick volume: no marker left on the drive, neighbours intact" thick
check_thoroughly "thick volume with a snapshot: kept, and said" thick_snapshot
check "thin volume: no marker left, and the pool is no fuller" thin
check "thin volume with a snapshot: what is shared is kept, and said" thin_snapshot
check "LUKS on a volume: keys and all that lay below" luks
check "a volume that thin volumes stand on: they are not taken away with it" external_origin
check_thoroughly "LUKS on a thin volume: the pool is no fuller" luks_on_thin
check_thoroughly "a whole drive" block
finish
