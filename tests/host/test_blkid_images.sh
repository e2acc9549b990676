#!/bin/bash
# libblkid's own test images, which its authors collected from real disks: each is recognised as what
# it is, and its drive taken for one that carries data. They are of util-linux's sources, which are
# fetched from Debian once and kept in build/; they are no part of this project.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

VERSION=2.38.1
ARCHIVE=util-linux_$VERSION.orig.tar.xz
SHA256=60492a19b44e6cf9a3ddff68325b333b8b52b6c59ce3ebd6a0ecaa4c5117e84f
PLACES="http://deb.debian.org/debian/pool/main/u/util-linux
http://snapshot.debian.org/archive/debian/20230401T000000Z/pool/main/u/util-linux"
DOWNLOADS=$REPOSITORY/build/downloads
SOURCES=$DOWNLOADS/util-linux-$VERSION
TESTS=$SOURCES/tests

# As many drives at once: a scan looks at all of them side by side.
BATCH=40

fetch() {
	local place helper=/usr/lib/apt/apt-helper
	[ -x $helper ] || skip "there is no apt-helper to fetch libblkid's test images"
	mkdir -p "$DOWNLOADS"
	for place in $PLACES; do
		rm -f "$DOWNLOADS/$ARCHIVE"
		timeout 300 $helper -qq download-file "$place/$ARCHIVE" "$DOWNLOADS/$ARCHIVE" "SHA256:$SHA256" && return
	done
	rm -f "$DOWNLOADS/$ARCHIVE"
	skip "libblkid's test images cannot be fetched from $(cut -d / -f 3 <<<"$place")"
}

have_images() {
	need xz tar
	[ -d "$TESTS/ts/blkid" ] && return
	echo "$SHA256  $DOWNLOADS/$ARCHIVE" | sha256sum --check --status 2>/dev/null || fetch
	rm -rf "$SOURCES.new"
	mkdir -p "$SOURCES.new"
	tar --extract --xz --file "$DOWNLOADS/$ARCHIVE" --directory "$SOURCES.new" --strip-components 1 \
		"util-linux-$VERSION/tests/ts/blkid" "util-linux-$VERSION/tests/expected/blkid"
	mv "$SOURCES.new" "$SOURCES"
}

# expected_of NAME: the type that libblkid's authors expect. Images of several sessions of a CD have an
# answer for each; a disk begins with the first.
expected_of() {
	local expected=$TESTS/expected/blkid name=$1
	if [ -e "$expected/lowprobe-pt-$name" ]; then
		sed -n 's/.*, PT: \([^,]*\),.*/\1/p' "$expected/lowprobe-pt-$name"
		return
	fi
	[ -e "$expected/low-probe-$name" ] ||
		name=$(sed 's/-[0-9][0-9-]*-/ /' <<<"$name" | awk '{ print $1 "-" $2 "-0" }')
	sed -n 's/^ID_FS_TYPE=//p' "$expected/low-probe-$name"
}

# A drive ends with a sector. DRBD's superblocks, the only ones in images that do not, are measured
# from the end: what is missing goes before them.
fill_last_sector() {
	local over=$(($(stat --format=%s "$1") % 512))
	[ $over -gt 0 ] || return 0
	{
		head --bytes=$((512 - over)) /dev/zero
		cat "$1"
	} >"$1.filled"
	mv "$1.filled" "$1"
}

# attach_images IMAGE…: each on a drive; NAMES[DEVICE] is what it is called.
declare -A NAMES
attach_images() {
	local image file device
	for image; do
		file=$CASE/$(basename "$image" .xz)
		xz --decompress --stdout "$image" >"$file"
		fill_last_sector "$file"
		attach_file device "$file"
		NAMES[$device]=$(basename "$image" .img.xz)
	done
}

# judge DEVICE: a line about it when something is wrong. The last scan has seen it.
judge() {
	local device=$1 name=${NAMES[$1]} expected
	expected=$(expected_of "$name")
	[ -n "$expected" ] || echo "$name: nothing is expected of it: $TESTS is not what it was"
	jq --raw-output --arg expected "$expected" --arg name "$name" --arg device "${device#/dev/}" '
		[.drives[] | select(.identity.name == $device)] as $found |
		if ($found | length) != 1 then "\($name): seen \($found | length) times"
		elif $found[0].layers_known != 1 then "\($name): not known what it carries: \($found[0].note)"
		elif ($found[0].layers | length) == 0 then "\($name): taken for blank"
		elif ([$found[0].layers[].type] | index($expected)) == null then
			"\($name): not \($expected) but \([$found[0].layers[].type] | join(" "))"
		else empty end' "$CASE/out"
}

detach_all() {
	local device
	for device in "${!NAMES[@]}"; do
		assert_ours "$device"
		losetup --detach "$device"
	done
	NAMES=()
}

# recognised FOLDER PATTERN: all images there whose names fit.
recognised() {
	local images=() wrong="" start
	have_images
	mapfile -t images < <(find "$TESTS/ts/blkid/$1" -name '*.img.xz' | grep -E "$2" | sort)
	[ ${#images[@]} -ge "$3" ] || fail "only ${#images[@]} images in $1"
	for ((start = 0; start < ${#images[@]}; start += BATCH)); do
		attach_images "${images[@]:start:BATCH}"
		run_haiki inventory scan --json
		assert_exit 0 6
		wrong+=$(for device in "${!NAMES[@]}"; do judge "$device"; done)
		detach_all
	done
	[ -z "$wrong" ] || fail "$wrong"
}

# The plan for such a drive says what it carries, before anybody says yes to it.
shown_in_the_plan() {
	local image
	have_images
	for image in lvm2 mdraid isw-raid luks1 zfs; do
		attach_images "$TESTS/ts/blkid/images-fs/$image.img.xz"
		for device in "${!NAMES[@]}"; do
			run_haiki wipe plan "$device" --json
			assert_json ".targets[0].layers_known == 1"
			assert_json ".targets[0].layers | any(.type == \"$(expected_of $image)\")"
		done
		detach_all
	done
}

managers='(raid|lvm|zfs|vmfs|drbd|bcache|bluestore|luks|vdo|ubi|mpool)'
check "every RAID and volume-manager image is recognised" recognised images-fs "$managers" 20
check "every filesystem image is recognised" recognised images-fs . 90
check "every partition table image is recognised" recognised images-pt . 7
check "the plan says what they carry" shown_in_the_plan
finish
