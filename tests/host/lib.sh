# The host tests' library: throw-away loop devices beside what ../lib.sh has.
# SPDX-License-Identifier: GPL-3.0-or-later
#
# SAFETY. Nothing here writes to a device it did not make itself in this very case: assert_ours is
# asked before every use, and run_haiki refuses a device path that does not pass it.

set -u

# haiki refuses to erase where it cannot see what every process has open. Where root itself may not
# see that (a container whose first process has rights that we do not have), the tests run in a
# namespace of processes of their own.
if [ -z "${HAIKI_OWN_PROCESSES:-}" ] && LC_ALL=C ls -l /proc/[0-9]*/fd 2>&1 >/dev/null | grep -q 'Permission denied'; then
	echo "# in a PID namespace: some processes of this machine cannot be looked into"
	HAIKI_OWN_PROCESSES=1 exec unshare --pid --fork --kill-child=TERM --mount-proc bash "$0" "$@"
fi

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

declare -A BACKING CONTROL # by device path: the file that holds its bytes; what `tell` writes to

# ---- taking down ----

# Let every faulty drive under a folder answer again.
release_faulty() {
	local control
	for control in "$1"/*/control "$1"/*/*/control; do
		[ -e "$control" ] && timeout 5 sh -c 'echo honest >"$1"' sh "$control"
	done
	return 0
}

loops_under() {
	losetup --list --noheadings --raw --output NAME,BACK-FILE |
		awk -v folder="$1/" 'index($2, folder) == 1 { print $1 }'
}

mounts_under() {
	awk -v folder="$1/" 'index($2, folder) == 1 { print $2 }' /proc/self/mounts | tac
}

# Take down the loop devices and mounts of a folder, once.
take_down_once() {
	local device mount
	for device in $(loops_under "$1"); do
		if grep -q "^$device " /proc/swaps; then swapoff "$device"; fi
		for mount in $(awk -v device="$device" '$1 == device { print $2 }' /proc/self/mounts); do
			umount "$mount"
		done
		losetup --detach "$device"
	done
	for mount in $(mounts_under "$1"); do
		umount "$mount"
	done
}

nothing_left() {
	[ -z "$(loops_under "$1")$(mounts_under "$1")" ]
}

# Remove a folder with all that stands on it. Its hung drives answer first, so that nothing that is
# waited for here waits for them.
take_down() {
	local folder=$1 round
	[ -n "$folder" ] && [ -d "$folder" ] || return 0
	release_faulty "$folder"
	end_remembered processes "$folder"
	for round in 1 2 3 4 5 6 7 8 9 10; do
		take_down_once "$folder" || true # what is busy is tried again
		nothing_left "$folder" && break
		[ "$round" -eq 5 ] && end_remembered daemons "$folder"
		sleep 0.2
	done
	nothing_left "$folder" && rm -rf --one-file-system "$folder"
}

# ---- drives ----

# Is this path a loop device that stands on a file of this case's folder?
is_ours() {
	local name=${1#/dev/} backing
	[[ $1 =~ ^/dev/loop[0-9]+$ ]] && [ -b "$1" ] || return 1
	backing=$(cat "/sys/block/$name/loop/backing_file" 2>/dev/null) || return 1
	[[ $backing == "$CASE"/* ]]
}

assert_ours() {
	is_ours "$1" || fail "$1 is not a loop device of this test: nothing is done with it"
}

# attach_file VARIABLE FILE [SECTOR [LOSETUP OPTION…]]: a loop device on a file of this case.
attach_file() {
	local -n ret_device=$1
	local file=$2 sector=${3:-512}
	shift 2
	[ $# -gt 0 ] && shift
	[[ $file == "$CASE"/* ]] || fail "$file is not in the folder of this test"
	# A kernel whose tmpfs has no O_DIRECT (before 6.6) goes through the page cache instead.
	ret_device=$(losetup --find --show --direct-io=on --sector-size "$sector" "$@" "$file" 2>/dev/null) ||
		ret_device=$(losetup --find --show --sector-size "$sector" "$@" "$file")
	assert_ours "$ret_device"
	BACKING[$ret_device]=$file
	udev_settle
}

# make_drive VARIABLE BYTES [SECTOR]: a drive full of text that must be gone afterwards.
make_drive() {
	local file
	file=$(mktemp "$CASE/drive.XXXXXX")
	old_contents "$2" >"$file"
	attach_file "$1" "$file" "${3:-512}"
}

# make_faulty VARIABLE BYTES [SECTOR]: a drive that obeys `tell`; honest at first.
make_faulty() {
	local folder round
	folder=$(mktemp -d "$CASE/faulty.XXXXXX")
	make -s -C "$REPOSITORY/tests/drives" BUILD="$TOOLS" || skip "the faulty drive cannot be built (libfuse3-dev?)"
	[ -c /dev/fuse ] || skip "this kernel has no FUSE"
	old_contents "$2" >"$folder.medium"
	"$TOOLS/faulty" "$2" "$folder" "$folder.medium" >"$folder.log" 2>&1 </dev/null &
	remember daemons $!
	for round in $(seq 100); do
		[ -e "$folder/disk" ] && break
		sleep 0.05
	done
	[ -e "$folder/disk" ] || skip "FUSE refused: $(cat "$folder.log")"
	attach_file "$1" "$folder/disk" "${3:-512}"
	BACKING[${!1}]=$folder.medium
	CONTROL[${!1}]=$folder/control
}

# tell DEVICE LINE…: change how a faulty drive behaves (words: tests/drives/behaviour.c).
tell() {
	local device=$1 line
	shift
	for line; do
		echo "$line" >"${CONTROL[$device]}"
	done
}

# seen DEVICE WORD: a counter of a faulty drive.
seen() {
	awk -v word="$2" '$1 == word { print $2 }' "${CONTROL[$1]}"
}

# The drive is pulled: it dies, and the kernel takes its sectors away.
pull_out() {
	assert_ours "$1"
	tell "$1" "dies 0" "size 0"
	stat --format=%s "$(dirname "${CONTROL[$1]}")/disk" >/dev/null
	losetup --set-capacity "$1"
}

# What really lies on the medium, past the block layer's caches and a faulty drive's lies.
contents() {
	head -c "$(bytes_of "$1")" "${BACKING[$1]}"
}

# ---- safe commands ----

# Paths that may be given to a destructive command although they are no drive of ours: there is
# nothing to destroy on them.
HARMLESS='^/dev/(null|zero|haiki-no-such-drive)$'

# Every /dev path on a destructive command line is ours, or nothing is run.
assert_command_is_safe() {
	local word
	[ "${1:-}" = wipe ] && [ "${2:-}" != plan ] || return 0
	for word; do
		[[ $word == /dev/* && $word != "$CASE"/* ]] || continue
		[[ $word =~ $HARMLESS ]] || assert_ours "$(sed 's/^\(.*loop[0-9]*\)p[0-9]*$/\1/' <<<"$word")"
	done
}
