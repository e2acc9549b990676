# What the tests of the real binary share, on the host and in a guest: cases in TAP, running haiki,
# assertions. Sourced by host/lib.sh and guest/lib.sh, which bring the drives.
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A test file sources one of those, defines functions, names each with `check "what is shown"
# function [arguments]`, and ends with `finish`. Every case runs in a subshell of its own, under
# `set -e`, in a fresh folder; whatever it made (drives, mounts, processes) is taken down when it
# ends, however it ends.
#
# The library of the drives defines:
#   take_down FOLDER                undo what stands on the case whose folder it is, and remove it
#   assert_command_is_safe WORD…    may this command line of haiki be run? fails the case if not
#   contents DEVICE                 what really lies on the medium, to stdout

set -u

export LC_ALL=C.UTF-8
unset LANGUAGE TZ

REPOSITORY=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
HAIKI=${HAIKI:-$REPOSITORY/build/release/haiki}
TOOLS=${TOOLS:-$REPOSITORY/build/tests}
PATH=$PATH:/usr/sbin:/sbin
SKIP=77 # exit status of a case that cannot run here
MIB=$((1024 * 1024))

# ---- cases ----

case_count=0
failed_count=0
suite_folder=
case_process=

start_suite() {
	[ -n "$suite_folder" ] && return
	local parent=/dev/shm
	[ -w $parent ] || parent=${TMPDIR:-/tmp}
	suite_folder=$(mktemp -d "$parent/haiki-test.XXXXXX")
	trap end_suite EXIT
	trap 'exit 130' INT TERM HUP
}

end_suite() {
	[ -n "$case_process" ] && kill -KILL "$case_process" 2>/dev/null
	take_down "$suite_folder"
}

# check DESCRIPTION FUNCTION [ARGUMENT…]
check() {
	local description=$1 status
	shift
	if [ -n "${ONLY:-}" ] && [[ ! "$description" =~ $ONLY ]]; then
		return 0
	fi
	start_suite
	case_count=$((case_count + 1))
	CASE=$suite_folder/$case_count
	STATE=$CASE/state
	mkdir "$CASE"
	# In the background, since a signal is obeyed at once only by a shell that waits.
	(
		trap 'set +e; trap - ERR; take_down "$CASE"' EXIT
		trap 'echo "stopped by: $BASH_COMMAND (${BASH_SOURCE[0]##*/}, line $LINENO)" >&2' ERR
		set -eE
		"$@"
	) >"$suite_folder/log" 2>&1 </dev/null &
	case_process=$!
	wait $case_process
	status=$?
	case_process=
	case $status in
	0) echo "ok $case_count - $description" ;;
	"$SKIP") echo "ok $case_count - $description # SKIP $(tail -n 1 "$suite_folder/log")" ;;
	*)
		failed_count=$((failed_count + 1))
		echo "not ok $case_count - $description"
		tail -n 40 "$suite_folder/log" | cut -c 1-3000 | sed 's/^/# /'
		;;
	esac
	if ! take_down "$CASE" >"$suite_folder/log" 2>&1; then
		echo "Bail out! Could not take down what case $case_count made: $CASE"
		exit 1
	fi
}

finish() {
	echo "1..$case_count"
	[ "$failed_count" -eq 0 ]
	exit
}

# End this case: it failed, or it cannot run here.
fail() {
	trap - ERR
	echo "FAILED: $*" >&2
	exit 1
}
skip() {
	trap - ERR
	echo "$*"
	exit $SKIP
}
need() {
	local program
	for program; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
}

# ---- processes ----

# When a process began, in ticks: with its number it names one process for ever.
process_start() {
	sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

# remember FILE PID: a process that this case started, to be ended with it.
remember() {
	echo "$2 $(process_start "$2")" >>"$CASE/$1"
}

# end_remembered FILE FOLDER: kill what stands in FOLDER/FILE or FOLDER/*/FILE, if it is still that.
end_remembered() {
	local pid start
	while read -r pid start; do
		[ -n "$start" ] && [ "$(process_start "$pid")" = "$start" ] && kill -KILL "$pid"
	done < <(cat "$2/$1" "$2"/*/"$1" 2>/dev/null)
	return 0
}

# ---- contents ----

OLD_TEXT="HAIKI-TEST personal number 123456789012 "
old_contents() {
	yes "$OLD_TEXT" | head -c "$1"
}

bytes_of() {
	blockdev --getsize64 "$1"
}

udev_settle() {
	[ -S /run/udev/control ] && udevadm settle --timeout=60
	return 0
}

digest_of() {
	contents "$1" | sha256sum | cut -d ' ' -f 1
}

# ---- the program ----

STATUS=0 # exit code of the last run_haiki; its output is in $CASE/out and $CASE/err

haiki_settings() {
	[ -e "$CASE/haiki.conf" ] || configure
	echo "--state" "$STATE" "--config" "$CASE/haiki.conf"
}

# configure [LINE…]: the configuration of this case; never the machine's own. Where the tests run in
# a namespace of processes of their own, they vouch for those outside: the drives are ours.
configure() {
	printf '%s\n' "[site]" "organisation = Test organisation" "site = Test bench" "$@" \
		${HAIKI_OWN_PROCESSES:+"[guard]" "outside = vouched"} >"$CASE/haiki.conf"
}

# run_haiki WORD…: run to the end. Never fails by itself: look at STATUS.
run_haiki() {
	assert_command_is_safe "$@"
	[ -x "$HAIKI" ] || fail "there is no $HAIKI: run make first"
	STATUS=0
	# shellcheck disable=SC2046 # the settings are four words
	timeout --kill-after=10 "${LIMIT:-300}" ${WRAPPER:-} "$HAIKI" "$@" $(haiki_settings) \
		>"$CASE/out" 2>"$CASE/err" </dev/null || STATUS=$?
}

# start_haiki WORD…: run in the background; PID is its process, wait_haiki waits for it.
start_haiki() {
	assert_command_is_safe "$@"
	# Emptied here already: whoever waits for output must not find that of the run before.
	: >"$CASE/out" 2>"$CASE/err"
	# shellcheck disable=SC2046
	exec_haiki "$@" $(haiki_settings) >"$CASE/out" 2>"$CASE/err" </dev/null &
	PID=$!
	remember processes $PID
}
exec_haiki() {
	exec "$HAIKI" "$@"
}

# The processes that a haiki process has begun to do its work.
workers_of() {
	cat /proc/"$1"/task/*/children 2>/dev/null || true
}

wait_haiki() {
	STATUS=0
	wait "${1:-$PID}" || STATUS=$?
}

# until_true SECONDS COMMAND…: poll; a case that waits longer has failed. A busy machine gets five times
# as long.
until_true() {
	local round rounds=$(($1 * 100))
	shift
	for ((round = 0; round < rounds; round++)); do
		if "$@" >/dev/null 2>&1; then return 0; fi
		sleep 0.05
	done
	fail "waited in vain for: $*"
}

make_keys() {
	run_haiki report key init --organisation "Test organisation"
	assert_exit 0
}

# The serial haiki gives a drive, as the operator would read it.
serial_of() {
	# shellcheck disable=SC2046
	"$HAIKI" wipe plan "$1" --json $(haiki_settings) 2>/dev/null |
		jq --raw-output '.targets[0].identity.serial'
}

wwn_of() {
	# shellcheck disable=SC2046
	"$HAIKI" wipe plan "$1" --json $(haiki_settings) 2>/dev/null |
		jq --raw-output '.targets[0].identity.wwn'
}

# wipe DEVICE [WORD…]: the whole destructive run on one drive, as JSON.
wipe() {
	local device=$1
	shift
	run_haiki wipe run "$device" --serial "$(serial_of "$device")" --json "$@"
}

# certificate_of [INDEX]: the file of the last run's certificate.
certificate_of() {
	local name
	name=$(jq --raw-output ".jobs[${1:-0}].certificate" "$CASE/out")
	[ -n "$name" ] && [ "$name" != null ] || fail "there is no certificate in: $(cat "$CASE/out")"
	echo "$STATE/certificates/$name.json"
}

job_of() {
	jq --raw-output ".jobs[${1:-0}].job" "$CASE/out"
}

# ---- assertions ----

show_last_run() {
	echo "stdout: $(cut -c 1-2000 "$CASE/out")"
	echo "stderr: $(tail -n 15 "$CASE/err")"
}

# assert_exit CODE…: one of them.
assert_exit() {
	local code
	for code; do
		[ "$STATUS" -eq "$code" ] && return 0
	done
	show_last_run
	fail "exit code $STATUS, not $*"
}

# assert_json FILTER [FILE]: the jq filter is true of the last output, or of FILE.
assert_json() {
	jq --exit-status "$1" "${2:-$CASE/out}" >/dev/null && return 0
	[ $# -gt 1 ] && cut -c 1-3000 "$2"
	show_last_run
	fail "not so: $1"
}

# Does the error in the last JSON output have this code?
assert_code() {
	jq --raw-output '.. | objects | .code? // empty' "$CASE/out" | grep -qx "$1" && return 0
	show_last_run
	fail "no code $1"
}

assert_same() {
	[ "$1" = "$2" ] || fail "${3:-not the same}: $1, $2"
}

# The check an auditor makes without haiki (docs/certificate.md).
openssl_verify() {
	openssl cms -verify -binary -inform DER -in "${1%.json}.p7s" -content "$1" \
		-CAfile "$STATE/keys/ca.crt" -out /dev/null 2>"$CASE/openssl"
}

verify_certificate() {
	run_haiki verify certificate "$1" --trust "$STATE/keys/ca.crt" --json
}

# assert_record FILE OUTCOME: a certificate that checks, by us and by OpenSSL, and says so.
assert_record() {
	local file=$1
	openssl_verify "$file" || fail "openssl refuses $file: $(cat "$CASE/openssl")"
	assert_json ".verdict.outcome == \"$2\"" "$file"
	cp "$CASE/out" "$CASE/out.before"
	verify_certificate "$file"
	# A genuine record of what was not proven is valid, and still no yes.
	if [ "$2" = proven ]; then assert_exit 0; else assert_exit 1; fi
	assert_json ".certificates[0].valid == 1 and .certificates[0].outcome == \"$2\""
	mv "$CASE/out.before" "$CASE/out"
}

# last_pattern FILE: what the certificate says was written last, as "kind hex".
last_pattern() {
	jq --raw-output '[.plan.steps[] | select(.method == "overwrite")] | last | .pattern |
		.kind + " " + (.key // .period)' "$1"
}

# stream FILE BYTES: the bytes the certificate says are on the drive, made without haiki.
stream() {
	local kind hex
	read -r kind hex < <(last_pattern "$1")
	case $kind in
	random)
		head -c "$2" /dev/zero |
			openssl enc -aes-256-ctr -K "$hex" -iv 00000000000000000000000000000000
		;;
	periodic)
		perl -e '$p = pack("H*", $ARGV[0]); $n = $ARGV[1]; $b = $p x (1 + 65536 / length $p);
			$b = substr $b, 0, int(65536 / length $p) * length $p;
			while ($n > 0) { $b = substr $b, 0, $n if $n < length $b; print $b; $n -= length $b }' \
			"$hex" "$2"
		;;
	*) fail "no pattern in $1" ;;
	esac
}

# Does the drive hold, byte for byte to its end, what the certificate says?
assert_holds_stream() {
	cmp <(contents "$1") <(stream "$2" "$(bytes_of "$1")") || fail "$1 does not hold the stream"
}

# proven DEVICE [INDEX]: the last run ended as proven, and everything that says so is true.
assert_proven() {
	local file
	assert_json ".jobs[${2:-0}].outcome == \"proven\""
	file=$(certificate_of "${2:-0}")
	assert_record "$file" proven
	assert_holds_stream "$1" "$file"
}
