#!/bin/bash
# What a person sees and types: confirmation on a terminal, Japanese, help.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# on_terminal TYPED WORD…: run on a pty, TYPED is what the person enters. Output in $CASE/out.
on_terminal() {
	local typed=$1
	shift
	need script
	assert_command_is_safe "$@"
	# No shell stays between, whichever SHELL is: it would obey Ctrl-C as well.
	# shellcheck disable=SC2046
	printf '%q ' exec "$HAIKI" "$@" $(haiki_settings) >"$CASE/command"
	STATUS=0
	{
		sleep 1.5
		printf '%s\n' "$typed"
		sleep "${LINGER:-1}"
	} | timeout 60 script --quiet --return --flush --command "exec sh $CASE/command" /dev/null \
		>"$CASE/out" 2>"$CASE/err" || STATUS=$?
}

typed() {
	local device
	make_keys
	make_drive device $MIB
	on_terminal "$(serial_of "$device")" wipe run "$device"
	assert_exit 0
	grep -q PROVEN "$CASE/out" || fail "$(cat "$CASE/out")"
	assert_holds_stream "$device" "$(find "$STATE/certificates" -name '*.json')"
}

# refused_typed TEXT
refused_typed() {
	local device
	make_keys
	make_drive device $MIB
	on_terminal "$1" wipe run "$device"
	assert_exit 3
	cmp "${BACKING[$device]}" <(old_contents $MIB)
}

# Ctrl-C instead of an answer.
interrupted_question() {
	local device
	make_keys
	make_drive device $MIB
	on_terminal $'\003' wipe run "$device"
	assert_exit 3
	grep -q 'Nothing was touched' "$CASE/out" || fail "it does not say so: $(cat "$CASE/out")"
	! grep -q 'wipe resume' "$CASE/out" || fail "there is nothing to resume: $(cat "$CASE/out")"
	cmp "${BACKING[$device]}" <(old_contents $MIB)
}

almost_the_serial() {
	local device serial
	make_keys
	make_drive device $MIB
	serial=$(serial_of "$device")
	on_terminal "${serial%?}" wipe run "$device"
	assert_exit 3
	cmp "${BACKING[$device]}" <(old_contents $MIB)
}

in_japanese() {
	[ -d "$REPOSITORY/build/release/locale" ] || [ -n "${HAIKI_LOCALE_DIR:-}" ] ||
		skip "the catalogues are not built"
	export HAIKI_LOCALE_DIR=${HAIKI_LOCALE_DIR:-$REPOSITORY/build/release/locale}
	export LANGUAGE=ja
	if locale -a 2>/dev/null | grep -qi '^ja_JP.utf-\?8$'; then export LC_ALL=ja_JP.UTF-8; fi
}

japanese() {
	local device
	in_japanese
	make_keys
	run_haiki wipe run --help
	assert_exit 0
	grep -qP '[\x{3040}-\x{30ff}\x{4e00}-\x{9fff}]' "$CASE/out" || fail "no Japanese: $(cat "$CASE/out")"
	make_drive device $MIB
	run_haiki wipe run "$device" --serial WRONG
	assert_exit 3
	grep -qP '[\x{3040}-\x{30ff}]' "$CASE/err" "$CASE/out" || fail "no Japanese: $(cat "$CASE/err")"
}

# Codes and JSON are never translated.
japanese_json() {
	local device
	in_japanese
	make_keys
	make_drive device $MIB
	wipe "$device"
	assert_exit 0
	assert_json '.jobs[0].outcome == "proven"'
	assert_record "$(certificate_of)" proven
}

help_everywhere() {
	local group words
	for group in "" inventory wipe verify report; do
		# shellcheck disable=SC2086
		"$HAIKI" $group --help >"$CASE/out"
		[ -s "$CASE/out" ]
	done
	"$HAIKI" --list-options | sed 's/ --.*//' | sort -u >"$CASE/commands"
	[ "$(wc -l <"$CASE/commands")" -ge 10 ] || fail "few commands: $(cat "$CASE/commands")"
	while read -r words; do
		# shellcheck disable=SC2086
		"$HAIKI" $words --help >"$CASE/out" </dev/null || fail "haiki $words --help"
		grep -q -- --json "$CASE/out" || fail "haiki $words --help does not show --json"
	done <"$CASE/commands"
}

# usage WORD…: exit code 2 and a message, nothing on stdout but perhaps JSON.
usage() {
	STATUS=0
	"$HAIKI" "$@" >"$CASE/out" 2>"$CASE/err" </dev/null || STATUS=$?
	assert_exit 2
	[ -s "$CASE/err" ]
}

# A program that asks for JSON gets it for a mistyped command too.
usage_json() {
	usage "$@" --json
	assert_json '.error.code == "command-unknown"'
}

closed_output() {
	STATUS=0
	"$HAIKI" --help >/dev/full 2>"$CASE/err" || STATUS=$?
	[ "$STATUS" -ne 0 ] || fail "a help that could not be written is no success"
}

# With its standard files closed, no message may end up on a drive.
closed_descriptors() {
	local device
	make_keys
	make_drive device $MIB
	SERIAL=$(serial_of "$device")
	assert_command_is_safe wipe run "$device"
	STATUS=0
	# shellcheck disable=SC2046
	"$HAIKI" wipe run "$device" --serial "$SERIAL" $(haiki_settings) <&- >&- 2>&- || STATUS=$?
	assert_holds_stream "$device" "$(find "$STATE/certificates" -name '*.json')"
}

check "the serial typed on a terminal" typed
check "another word typed" refused_typed NO
check "yes is no serial" refused_typed yes
check "nothing typed" refused_typed ""
check "Ctrl-C at the question" interrupted_question
check "a serial but for its last character" almost_the_serial
check "Japanese" japanese
check "Japanese people, English codes" japanese_json
check "--help everywhere" help_everywhere
check "no words" usage
check "an unknown group" usage whipe run
check "an unknown verb" usage wipe rum
check "an unknown group, as JSON" usage_json whipe run
check "an unknown verb, as JSON" usage_json wipe rum
check "an unknown option" usage wipe run /dev/null --forse
check "no target" usage wipe run
check "output that cannot be written" closed_output
check "closed standard files" closed_descriptors
finish
