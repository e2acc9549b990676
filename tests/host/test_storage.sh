#!/bin/bash
# Files and block devices below VMs are erased in place: of 20,000 markers that were written through a file
# system none is left on the raw device, while the files beside keep every byte; what is in use, has a second
# name or is reached through a link is refused; what cannot be reached is said.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

ERASE_PLACE=$REPOSITORY/${BUILD:-build/release}/tests/host/erase_place
MARKERS=20000

# erase_place VERB PLACE [WORD…]: output in $CASE/out, exit code in STATUS.
erase_place() {
	STATUS=0
	[ -x "$ERASE_PLACE" ] || fail "there is no $ERASE_PLACE: run make test-programs first"
	ERASE_FOLDER=$CASE ERASE_LOOP=${DEVICE:-} timeout 120 "$ERASE_PLACE" "$@" \
		${HAIKI_OWN_PROCESSES:+vouched} >"$CASE/out" 2>"$CASE/err" </dev/null || STATUS=$?
}

# make_file_system TYPE MIB [MKFS OPTION…]: DEVICE on a drive of this case, mounted at FOLDER.
make_file_system() {
	local type=$1 mib=$2 file
	shift 2
	need "mkfs.$type"
	grep -qw "$type" /proc/filesystems || skip "this kernel has no $type"
	file=$(mktemp "$CASE/drive.XXXXXX")
	truncate --size "${mib}M" "$file"
	attach_file DEVICE "$file"
	"mkfs.$type" -q "$@" "$DEVICE"
	FOLDER=$CASE/pool
	mkdir "$FOLDER"
	mount "$DEVICE" "$FOLDER"
}

# write_markers FILE COUNT WORD [MIB]: eight markers in a block of 4 KiB, in blocks at changing distances, so that
# most of the file is holes.
write_markers() {
	perl -e '
		my ($file, $count, $word) = @ARGV;
		open my $out, "+>", $file or die "$file: $!";
		for (my ($i, $block) = (0, 0); $i < $count; $i += 8, $block += 1 + $i % 7) {
			seek $out, 4096 * $block, 0;
			print $out map { sprintf("%-512s", sprintf "HAIKI-%s-%05d", $word, $_) } $i .. $i + 7
				or die $!;
		}
		close $out or die $!' "$1" "$2" "$3"
}

# How many different markers with this word lie on the raw device?
markers_on() {
	sync --file-system "$FOLDER"
	contents "$DEVICE" | grep --text --only-matching --extended-regexp "HAIKI-$1-[0-9]{5}" | sort -u | wc -l
}

neighbours_digest() {
	sha256sum "$FOLDER"/neighbour* | sha256sum
}

# The tenant's file and its neighbours grow in turns, so that their extents lie between each other.
make_neighbourhood() {
	local part
	for part in 1 2 3; do
		write_markers "$FOLDER/neighbour-$part" 2000 NEIGHBOUR
		sync "$FOLDER/neighbour-$part"
		[ $part -ne 2 ] || write_markers "$FOLDER/tenant.img" $MARKERS TENANT
		yes "HAIKI-NEIGHBOUR-77777" | head -c 300001 >>"$FOLDER/neighbour-$part"
	done
	sync --file-system "$FOLDER"
	BEFORE=$(neighbours_digest)
}

assert_file_system_is_sound() {
	umount "$FOLDER"
	case $1 in
	ext4) e2fsck -fn "$DEVICE" ;;
	xfs) xfs_repair -n "$DEVICE" ;;
	esac || fail "the $1 is not sound any more"
	mount "$DEVICE" "$FOLDER"
}

assert_erased() {
	assert_exit 0
	assert_json '.fact == "erase" and .method == "overwrite" and .result == "done" and .level == "clear" and
		.bytes > 0 and .verified_bytes == .bytes and .reason == ""'
}

sparse_file() {
	make_file_system "$@"
	make_neighbourhood
	assert_same $MARKERS "$(markers_on TENANT)"
	erase_place of "$FOLDER/tenant.img"
	assert_same file "$(<"$CASE/out")"
	erase_place erase "$FOLDER/tenant.img"
	assert_erased
	assert_json '.limits | index("free-space")'
	assert_json ".bytes <= $(($(stat --format='%b * 512' "$FOLDER/tenant.img")))"
	assert_same 0 "$(markers_on TENANT)"
	assert_same "$BEFORE" "$(neighbours_digest)"
	erase_place erase "$FOLDER/tenant.img"
	assert_erased
	erase_place remove "$FOLDER/tenant.img"
	assert_exit 0
	erase_place look "$FOLDER/tenant.img"
	assert_same gone "$(<"$CASE/out")"
	assert_same 0 "$(markers_on TENANT)"
	assert_same 2001 "$(markers_on NEIGHBOUR)"
	assert_same "$BEFORE" "$(neighbours_digest)"
	assert_file_system_is_sound "$1"
	assert_same "$BEFORE" "$(neighbours_digest)"
}

qcow2() {
	need qemu-img
	make_file_system ext4 128
	make_neighbourhood
	qemu-img convert -f raw -O qcow2 "$FOLDER/tenant.img" "$FOLDER/disk.qcow2"
	shred --iterations=1 "$FOLDER/tenant.img" # of that file no marker is left
	rm "$FOLDER/tenant.img"
	assert_same $MARKERS "$(markers_on TENANT)"
	erase_place erase "$FOLDER/disk.qcow2"
	assert_erased
	assert_same 0 "$(markers_on TENANT)"
	assert_same "$BEFORE" "$(neighbours_digest)"
}

# What a file was given and does not show: behind its end, and zeroed without being written (ext4: in the same
# place; XFS takes another, and the former is free space).
hidden_extents() {
	local type=$1
	make_file_system "$@"
	write_markers "$FOLDER/tenant.img" 800 TENANT
	sync "$FOLDER/tenant.img"
	if [ "$type" = ext4 ]; then
		fallocate --zero-range --keep-size --offset 0 --length 1M "$FOLDER/tenant.img"
		sync "$FOLDER/tenant.img"
		! grep --quiet --text "HAIKI-TENANT-00000" "$FOLDER/tenant.img" || fail "it shows what was zeroed"
		[ "$(markers_on TENANT)" -gt 0 ] || skip "this kernel writes zeros"
	fi
	fallocate --keep-size --offset 20M --length 2M "$FOLDER/tenant.img"
	erase_place erase "$FOLDER/tenant.img"
	assert_erased
	assert_json '.bytes >= 2 * 1048576'
	assert_same 0 "$(markers_on TENANT)"
}

# The bytes of a hole that was no hole before lie in free space: not reached, and said.
free_space_is_said() {
	make_file_system ext4 64
	write_markers "$FOLDER/tenant.img" 800 TENANT
	sync "$FOLDER/tenant.img"
	fallocate --punch-hole --keep-size --offset 0 --length 64K "$FOLDER/tenant.img"
	erase_place erase "$FOLDER/tenant.img"
	assert_erased
	assert_json '.limits | index("free-space")'
	[ "$(markers_on TENANT)" -gt 0 ] || skip "the kernel discarded them"
}

reflinks() {
	make_file_system xfs 320
	write_markers "$FOLDER/tenant.img" 8000 TENANT
	cp --reflink=always "$FOLDER/tenant.img" "$FOLDER/neighbour-1" || skip "this XFS has no reflinks"
	write_markers "$CASE/more" 800 TENANT-OWN
	dd if="$CASE/more" of="$FOLDER/tenant.img" bs=1M seek=40 conv=notrunc status=none
	sync --file-system "$FOLDER"
	BEFORE=$(neighbours_digest)
	cp "$FOLDER/tenant.img" "$CASE/copy"
	erase_place erase "$FOLDER/tenant.img" required
	assert_exit 4
	assert_code storage-unsupported
	cmp "$FOLDER/tenant.img" "$CASE/copy"
	erase_place erase "$FOLDER/tenant.img"
	assert_exit 0
	assert_json '.result == "unsupported" and .method == "none" and .level == "none" and
		.reason == "shared-extents" and (.limits | index("shared-extents")) and .bytes > 0'
	assert_same 0 "$(markers_on TENANT-OWN)"
	assert_same 8000 "$(markers_on TENANT)"
	assert_same "$BEFORE" "$(neighbours_digest)"
	# The other one goes: then nobody shares it.
	rm "$FOLDER/neighbour-1"
	assert_file_system_is_sound xfs # unmounted, it has let go of it
	erase_place erase "$FOLDER/tenant.img" required
	assert_erased
	assert_same 0 "$(markers_on TENANT)"
}

copy_on_write() {
	make_file_system btrfs 128
	write_markers "$FOLDER/tenant.img" 800 TENANT
	erase_place erase "$FOLDER/tenant.img" required
	assert_exit 4
	erase_place erase "$FOLDER/tenant.img"
	assert_exit 0
	assert_json '.result == "unsupported" and .method == "none" and .reason == "copy-on-write" and
		.bytes == 0 and (.limits | index("copy-on-write"))'
	assert_same 800 "$(markers_on TENANT)"
}

journaled_data() {
	make_file_system ext4 64
	umount "$FOLDER"
	mount -o data=journal "$DEVICE" "$FOLDER"
	write_markers "$FOLDER/tenant.img" 800 TENANT
	erase_place erase "$FOLDER/tenant.img"
	assert_exit 0
	assert_json '.result == "unsupported" and .method == "none" and .reason == "journal" and
		.bytes == 0 and (.limits | index("journal"))'
}

# Each is refused with its code, and leaves every byte.
refused() {
	local code=$1 place=${2:-$FOLDER/tenant.img}
	erase_place erase "$place"
	assert_exit 3
	assert_code "$code"
	cmp "$FOLDER/tenant.img" "$CASE/copy" || fail "it was written"
}

refusals() {
	local loop holder
	make_file_system ext4 64
	write_markers "$FOLDER/tenant.img" 800 TENANT
	cp "$FOLDER/tenant.img" "$CASE/copy"

	sleep 300 <"$FOLDER/tenant.img" &
	holder=$!
	remember processes $holder
	until_true 10 test "/proc/$holder/fd/0" -ef "$FOLDER/tenant.img"
	refused storage-in-use
	grep -q "pid " "$CASE/out" || fail "it does not say who has it open"
	kill -KILL $holder
	wait $holder || true

	attach_file loop "$FOLDER/tenant.img" 512 --read-only
	refused storage-in-use
	losetup --detach "$loop"

	ln "$FOLDER/tenant.img" "$FOLDER/second"
	refused storage-links
	rm "$FOLDER/second"

	ln -s "$FOLDER/tenant.img" "$CASE/link"
	refused storage-symlink "$CASE/link"
	ln -s "$FOLDER" "$CASE/folder-link"
	refused storage-symlink "$CASE/folder-link/tenant.img"

	erase_place erase "$FOLDER/../pool/tenant.img"
	assert_exit 1 2 3
	cmp "$FOLDER/tenant.img" "$CASE/copy"

	touch "$CASE/cover"
	mount --bind "$FOLDER/tenant.img" "$CASE/cover"
	refused storage-in-use "$CASE/cover"
	umount "$CASE/cover"

	erase_place erase "$FOLDER/tenant.img"
	assert_erased
}

swap_file() {
	make_file_system ext4 64
	dd if=/dev/zero of="$FOLDER/tenant.img" bs=1M count=8 status=none
	chmod 600 "$FOLDER/tenant.img"
	mkswap "$FOLDER/tenant.img" >/dev/null
	cp "$FOLDER/tenant.img" "$CASE/copy"
	swapon "$FOLDER/tenant.img" || skip "this kernel takes no swap file here"
	erase_place erase "$FOLDER/tenant.img"
	swapoff "$FOLDER/tenant.img"
	assert_exit 3
	assert_code storage-in-use
	cmp "$FOLDER/tenant.img" "$CASE/copy"
}

has_lease() {
	grep -q "LEASE .* $PID .*:$(stat --format=%i "$FOLDER/tenant.img") " /proc/locks
}

# begin_erasing [WORD…]: in the background, slowly; until it writes.
begin_erasing() {
	ERASE_FOLDER=$CASE "$ERASE_PLACE" erase "$FOLDER/tenant.img" "$@" ${HAIKI_OWN_PROCESSES:+vouched} \
		>"$CASE/out" 2>"$CASE/err" </dev/null &
	PID=$!
	remember processes $PID
	until_true 20 has_lease
}

# Somebody opens the file while it is being erased: nobody can say what was done in it.
opened_meanwhile() {
	make_file_system ext4 64
	yes "$OLD_TEXT" | head -c $((3 * MIB)) >"$FOLDER/tenant.img"
	sync "$FOLDER/tenant.img"
	begin_erasing rate=1000000
	! dd if=/dev/zero of="$FOLDER/tenant.img" bs=1 count=1 seek=9000000 conv=notrunc oflag=nonblock \
		status=none || fail "it could be opened"
	wait_haiki
	assert_exit 0
	assert_json '.result == "failed" and .level == "none" and .reason == "opened-meanwhile"'
	erase_place erase "$FOLDER/tenant.img"
	assert_erased
}

some_are_gone() {
	local left
	left=$(markers_on TENANT)
	[ "$left" -lt 8000 ] && [ "$left" -gt 0 ]
}

killed() {
	make_file_system ext4 64
	write_markers "$FOLDER/tenant.img" 8000 TENANT
	cp "$FOLDER/tenant.img" "$FOLDER/neighbour-1"
	sed -i 's/TENANT/NEIGHB/g' "$FOLDER/neighbour-1"
	sync --file-system "$FOLDER"
	# Nothing of what was copied and edited may be taken for the tenant's.
	fstrim "$FOLDER" 2>/dev/null || skip "free space cannot be cleared here"
	BEFORE=$(neighbours_digest)
	assert_same 8000 "$(markers_on TENANT)"
	begin_erasing rate=2000000
	until_true 20 some_are_gone
	kill -KILL "$PID"
	wait "$PID" || true
	some_are_gone || fail "it was not killed in the middle"
	erase_place erase "$FOLDER/tenant.img"
	assert_erased
	assert_same 0 "$(markers_on TENANT)"
	assert_same "$BEFORE" "$(neighbours_digest)"
}

# Of what is not there, or cannot be reached, nothing is said but that.
presence() {
	make_file_system ext4 64
	erase_place look "$FOLDER/tenant.img"
	assert_same gone "$(<"$CASE/out")"
	erase_place erase "$FOLDER/tenant.img"
	assert_code storage-absent
	touch "$FOLDER/tenant.img"
	erase_place look "$FOLDER/tenant.img"
	assert_same present "$(<"$CASE/out")"
	ln -s "$FOLDER" "$CASE/link"
	erase_place look "$CASE/link/tenant.img"
	assert_same unknown "$(<"$CASE/out")"
	erase_place look "$FOLDER"
	assert_same unknown "$(<"$CASE/out")"
}

# A file system that /etc/fstab names and that is not mounted: what is not there may be on it.
not_mounted() {
	[ -e /etc/fstab ] || skip "there is no /etc/fstab to be covered"
	make_file_system ext4 64
	echo "UUID=0 $FOLDER ext4 defaults 0 0" >"$CASE/fstab"
	look_covered() {
		ERASE_FOLDER=$CASE unshare --mount sh -c 'mount --bind "$1" /etc/fstab && "$2" look "$3"' sh \
			"$CASE/fstab" "$ERASE_PLACE" "$FOLDER/tenant.img"
	}
	assert_same gone "$(look_covered)"
	umount "$FOLDER"
	assert_same unknown "$(look_covered)"
}

# The same of a mount unit that somebody wrote; one that is masked says nothing.
unit_not_mounted() {
	local unit
	[ -d /etc/systemd/system ] || skip "there is no /etc/systemd/system to be covered"
	make_file_system ext4 64
	mkdir "$CASE/units"
	unit=$(perl -e '$_ = substr $ARGV[0], 1; s|[^A-Za-z0-9:_./]|sprintf "\\x%02x", ord $&|ge; s|/|-|g; print' "$FOLDER").mount
	look_covered() {
		ERASE_FOLDER=$CASE unshare --mount sh -c 'mount --bind "$1" /etc/systemd/system && "$2" look "$3"' sh \
			"$CASE/units" "$ERASE_PLACE" "$FOLDER/tenant.img"
	}
	ln -s /dev/null "$CASE/units/$unit"
	umount "$FOLDER"
	assert_same gone "$(look_covered)"
	rm "$CASE/units/$unit"
	printf '%s\n' "[Mount]" "What=/dev/null" "Where=$FOLDER" >"$CASE/units/$unit"
	assert_same unknown "$(look_covered)"
}

# zfs and zpool as they answer, since no kernel here has ZFS.
zvols() {
	local place
	mkdir "$CASE/programs"
	cat >"$CASE/programs/zfs" <<-'END'
		#!/bin/sh
		case "$*" in
		"list -H -o name tank/there") echo tank/there ;;
		"list -H -o name tank/broken") echo "internal error" >&2; exit 1 ;;
		*) echo "cannot open '$5': dataset does not exist" >&2; exit 1 ;;
		esac
	END
	cat >"$CASE/programs/zpool" <<-'END'
		#!/bin/sh
		[ "$*" = "list -H -o name tank" ] && echo tank && exit
		echo "cannot open '$5': no such pool" >&2
		exit 1
	END
	chmod 755 "$CASE"/programs/*
	look_with_zfs() {
		unshare --mount sh -c 'mount --bind "$1" /usr/sbin && exec "$2" look "$3"' sh \
			"$CASE/programs" "$ERASE_PLACE" "$1"
	}
	# The program finds them before any real one.
	assert_same present "$(look_with_zfs /dev/zvol/tank/there)"
	assert_same gone "$(look_with_zfs /dev/zvol/tank/gone)"
	for place in tank/broken other/volume tank/there@snapshot --help/x tank; do
		assert_same unknown "$(look_with_zfs "/dev/zvol/$place")" "$place"
	done
}

# Both are overwritten whole: one that was given to a VM as it is.
loop_device() {
	make_drive DEVICE $((8 * MIB))
	erase_place of "$DEVICE"
	assert_same block "$(<"$CASE/out")"
	sleep 300 <"$DEVICE" &
	local holder=$!
	remember processes $holder
	until_true 10 test "/proc/$holder/fd/0" -ef "$DEVICE"
	erase_place erase "$DEVICE"
	assert_exit 3
	assert_code storage-in-use
	kill -KILL $holder
	wait $holder || true
	assert_same "$(old_contents $((8 * MIB)) | sha256sum | cut -d ' ' -f 1)" "$(digest_of "$DEVICE")"
	erase_place erase "$DEVICE"
	assert_erased
	assert_json ".bytes == $((8 * MIB)) and (.limits | index(\"free-space\"))"
	! contents "$DEVICE" | grep --quiet --text "HAIKI-TEST" || fail "old text is left"
	erase_place remove "$DEVICE"
	assert_exit 0
	erase_place look "$DEVICE"
	assert_same none "$(<"$CASE/out")"
	erase_place look /dev/haiki-no-such-drive
	assert_same unknown "$(<"$CASE/out")"
}

# The disk reads back something else than was written, or cannot be written.
faulty_medium() {
	make_faulty DEVICE $((8 * MIB))
	tell "$DEVICE" "$1"
	erase_place erase "$DEVICE"
	assert_exit 0
	assert_json ".result == \"failed\" and .level == \"none\" and .reason == \"$2\""
}

check "sparse file on ext4: no marker left, neighbours intact" sparse_file ext4 128
check "sparse file on ext4 with blocks of 1 KiB" sparse_file ext4 128 -b 1024
check "sparse file on XFS: no marker left, neighbours intact" sparse_file xfs 320
check "qcow2 as bytes" qcow2
check "what a file has and does not show is erased: ext4" hidden_extents ext4 64
check "what a file has and does not show is erased: XFS" hidden_extents xfs 320
check "what it had before is in free space, and said" free_space_is_said
check "reflinks: what others share is kept, and said" reflinks
check "a file system that copies on write: unsupported" copy_on_write
check "a file system that journals data: unsupported" journaled_data
check "open, loop device, second name, link, mount: refused" refusals
check "a swap file is refused" swap_file
check "a file that is opened meanwhile is not erased" opened_meanwhile
check "killed in the middle, gone on with" killed
check "there, gone, unknown" presence
check "not there, on a file system that is not mounted: unknown" not_mounted
check "a mount unit that is not mounted: what is not there is not gone" unit_not_mounted
check "zvols are looked for by zfs" zvols
check "a loop device: overwritten whole, and stays" loop_device
check "a medium that drops writes" faulty_medium "drops 4194304 4096" read-back-differs
check "a medium that cannot be written" faulty_medium "unwritable 4194304 4096" write-failed
check "a medium that cannot be read back" faulty_medium "unreadable 4194304 4096" read-back-failed
check "a medium whose flush fails" faulty_medium "flush-fails" flush-failed
finish
