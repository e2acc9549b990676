# What the scripts around the drive models share. Sourced, not run.
# SPDX-License-Identifier: GPL-3.0-or-later
#
# SAFETY. These scripts load kernel modules and make block devices: they refuse to start anywhere but
# in the guest of tests/guest/run, where nothing of value is kept.

set -u
PATH=$PATH:/usr/sbin:/sbin
MODELS=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
TOOLS=${TOOLS:-$MODELS/../../build/tests}
RUN=${HAIKI_DRIVES:-/run/haiki-drives} # by drive: log, control FIFO, process id
TARGET=/sys/kernel/config/target

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

in_guest() {
	[ -e /run/haiki-guest/settings ] && grep -q 'haiki\.control=' /proc/cmdline
}
in_guest || die "this is not the guest: nothing is done here"

# wait_for SECONDS COMMAND…: until the command succeeds.
wait_for() {
	local rounds=$(($1 * 50))
	shift
	while ! "$@" >/dev/null 2>&1; do
		rounds=$((rounds - 1))
		[ $rounds -gt 0 ] || return 1
		sleep 0.02
	done
}

# A drive's name becomes a folder's: letters, digits and dashes.
check_name() {
	[[ $1 =~ ^[A-Za-z0-9-]{1,16}$ ]] || die "no name for a drive: $1"
}

# "32M" as bytes.
bytes_of() {
	numfmt --from=iec "$1" || die "no size: $1"
}

# The model's process, if it is still that.
model_process() {
	local pid
	pid=$(cat "$RUN/$1/pid" 2>/dev/null) || return 1
	[ "$(readlink "/proc/$pid/exe")" = "$(cat "$RUN/$1/program")" ] && echo "$pid"
}

end_model() {
	local pid
	pid=$(model_process "$1") && kill -KILL "$pid"
	return 0
}

# start_model NAME PROGRAM ARGUMENT…: the log tells when it is ready.
start_model() {
	local name=$1 program
	program=$(readlink -f "$TOOLS/$2") || die "$TOOLS/$2 is not built"
	shift 2
	echo "$program" >"$RUN/$name/program"
	printf '%s\n' "$@" >"$RUN/$name/arguments"
	# It must hold none of our outputs open, or who captures them waits for ever.
	setsid "$program" "$@" </dev/null >/dev/null 2>"$RUN/$name/log" &
	echo $! >"$RUN/$name/pid"
	wait_for 10 grep -q '^ready' "$RUN/$name/log" || die "$name: $(cat "$RUN/$name/log")"
}

# The SCSI side of a TCM-USER drive: its place in configfs, and the disk that the kernel made of it.
# These are asked again and again, so no program is started for them.
scsi_port() {
	local name=$1 hash=5381 code
	while [ -n "$name" ]; do
		printf -v code %d "'$name"
		hash=$(((hash * 33 + code) & 0xffffffff))
		name=${name:1}
	done
	printf 'naa.5001405%09x' $hash
}
scsi_core() {
	echo "$TARGET/core/user_0/$1"
}
scsi_folder() {
	local address
	{ address=$(<"$TARGET/loopback/$(scsi_port "$1")/tpgt_1/address"); } 2>/dev/null || return 1
	echo /sys/class/scsi_device/"${address}":0/device
}
scsi_disk() {
	local folder
	for folder in "$(scsi_folder "$1")"/block/*; do
		[ -b "/dev/${folder##*/}" ] && echo "/dev/${folder##*/}" && return
	done
	return 1
}

# The first namespace of an NVMe drive. nvme0n1 need not belong to nvme0: the subsystem tells.
nvme_disk() {
	local controller node
	controller=$(cat "$RUN/$1/controller") || return 1
	for node in /sys/class/nvme/"$controller"/nvme*n1 /sys/class/nvme-subsystem/*/nvme*n1; do
		[ -e "$node" ] && [ -b "/dev/${node##*/}" ] || continue
		grep -q ":$1\$" "$node/device/subsysnqn" && echo "/dev/${node##*/}" && return
	done
	return 1
}
