#!/bin/bash
# `haiki verify ledger` on ledgers that were exported: whole ones, and every way to change one, each with a reason
# of its own.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

LEDGER_FOLDER=$REPOSITORY/${BUILD:-build/release}/tests/bench/ledger_folder

# ---- a ledger ----

# note TEXT: one more record.
note() {
	run_haiki inventory tenant add "$1" --name "$1" --zone municipal --service-code "S-$1"
	assert_exit 0
}

export_ledger() {
	run_haiki report ledger export "$1" --json
	assert_exit 0
}

# A drive was erased, some things happened; the ledger lies in $CASE/ledger, its certificate beside it.
make_ledger() {
	local device
	make_keys
	make_drive device $MIB
	wipe "$device"
	assert_exit 0
	FILE=$(certificate_of)
	note A
	note B
	export_ledger "$CASE/ledger"
	mkdir -p "$CASE/ledger/certificates"
	cp "${FILE%.json}".* "$CASE/ledger/certificates"
	CERTIFICATE=$CASE/ledger/certificates/$(basename "$FILE")
	RECORDS=$CASE/ledger/records/000.jsonl
	SIZE=$(sed -n 2p "$CASE/ledger/checkpoint")
}

verify_ledger() {
	run_haiki verify ledger "$CASE/ledger" --trust "$STATE/keys/ca.crt" --json "$@"
}

# refused CHECK CODE [WORD…]: the ledger is not valid, since this check fails with this code.
refused() {
	local check=$1 code=$2
	shift 2
	verify_ledger "$@"
	assert_exit 1
	assert_json ".valid == 0 and .complete == 0 and .findings == []"
	assert_json "[.checks[] | select(.check == \"$check\" and .result == \"failed\") | .error.code] == [\"$code\"]"
	assert_json "[.checks[] | select(.result == \"failed\") | .error.what] | all(. != \"\")"
	run_haiki verify ledger "$CASE/ledger" --trust "$STATE/keys/ca.crt" "$@"
	assert_exit 1
	assert_same "$(head -n 1 "$CASE/out")" INVALID
}

# flip FILE OFFSET: one bit.
flip() {
	perl -e 'open F, "+<:raw", $ARGV[0] or die; seek F, $ARGV[1], 0; read F, my $b, 1;
		seek F, $ARGV[1], 0; print F chr(1 ^ ord $b)' "$1" "$2"
}

# ---- whole ----

whole() {
	make_ledger
	verify_ledger
	assert_json ".valid == 1 and .size == $SIZE and .records + .withheld == $SIZE and .certificates == 1 and .certificates_recorded == 1"
	assert_json '[.checks[] | .result] | inside(["passed", "absent"])'
	assert_json '.checks | length == 8'
	assert_json '.signer != "" and .key != ""'
	run_haiki verify ledger "$CASE/ledger" --trust "$STATE/keys/ca.crt"
	grep -q '^VALID' "$CASE/out" || fail "no verdict: $(head -n 3 "$CASE/out")"
	# With the key alone.
	run_haiki verify ledger "$CASE/ledger" --ledger-key "$STATE/keys/ledger.vkey" --json
	assert_json '.valid == 1 and .signer == ""'
	run_haiki verify ledger "$CASE/ledger" --ledger-key "$(cat "$STATE/keys/ledger.vkey")" --json
	assert_json '.valid == 1'
}

# No store, no keys folder: the files and the issuer's certificate are enough.
offline() {
	make_ledger
	cp "$STATE/keys/ca.crt" "$CASE/ca.crt"
	mv "$STATE" "$STATE.away"
	run_haiki verify ledger "$CASE/ledger" --trust "$CASE/ca.crt" --json
	assert_json '.valid == 1'
	[ ! -e "$STATE" ] || fail "it made a state folder"
	run_haiki verify ledger "$CASE/ledger" --json
	assert_exit 7
	mv "$STATE.away" "$STATE"
}

grown() {
	make_ledger
	cp "$CASE/ledger/checkpoint" "$CASE/since"
	note C
	export_ledger "$CASE/ledger"
	verify_ledger --since "$CASE/since"
	assert_json '.valid == 1 and ([.checks[] | select(.check == "consistent") | .result] == ["passed"])'
	# A proof that somebody kept holds a head too.
	if [ -e "${FILE%.json}.proof" ]; then
		verify_ledger --since "${FILE%.json}.proof" --since "$CASE/since"
		assert_json '.valid == 1 and ([.checks[] | select(.check == "consistent") | .result] == ["passed"])'
	fi
}

# Several tiles, a part of one, and a level above.
large() {
	[ -x "$LEDGER_FOLDER" ] || skip "there is no $LEDGER_FOLDER"
	"$LEDGER_FOLDER" "$CASE/ledger" 1000
	run_haiki verify ledger "$CASE/ledger" --ledger-key "$CASE/ledger/ledger.vkey" --json
	assert_json '.valid == 1 and .records == 1000'
	"$LEDGER_FOLDER" "$CASE/before" 1000 700
	run_haiki verify ledger "$CASE/ledger" --ledger-key "$CASE/ledger/ledger.vkey" \
		--since "$CASE/before/checkpoint" --json
	assert_json '.valid == 1'
	run_haiki verify ledger "$CASE/before" --ledger-key "$CASE/ledger/ledger.vkey" \
		--since "$CASE/ledger/checkpoint" --json
	assert_exit 1
	assert_code ledger-rolled-back
	rm -r "$CASE/ledger/tile/1"
	run_haiki verify ledger "$CASE/ledger" --ledger-key "$CASE/ledger/ledger.vkey" --json
	assert_exit 1
	assert_code tile-missing
}

# ---- changed ----

record_edited() {
	make_ledger
	sed -i '$s/tenant-added/tenant-Added/' "$RECORDS"
	refused records record-differs
}

record_removed() {
	make_ledger
	sed -i 2d "$RECORDS"
	refused records record-index
}

last_record_removed() {
	make_ledger
	sed -i '$d' "$RECORDS"
	refused records record-missing
}

records_swapped() {
	make_ledger
	sed -i '2{h;d};3{G}' "$RECORDS"
	refused records record-index
}

record_added() {
	make_ledger
	head -n 1 "$RECORDS" >>"$RECORDS"
	refused records record-extra
}

records_gone() {
	make_ledger
	rm "$RECORDS"
	refused records record-missing
}

entry_changed() {
	make_ledger
	flip "$CASE/ledger/tile/entries/000.p/$SIZE" 40
	refused entries entry-differs
}

tile_changed() {
	make_ledger
	flip "$CASE/ledger/tile/0/000.p/$SIZE" 40
	refused tiles tile-differs
}

tile_cut() {
	make_ledger
	truncate --size=-1 "$CASE/ledger/tile/0/000.p/$SIZE"
	refused tiles tile-malformed
}

tile_gone() {
	make_ledger
	rm "$CASE/ledger/tile/0/000.p/$SIZE"
	refused tiles tile-missing
}

# All is made to fit but the signature, for which one needs the key.
head_changed() {
	make_ledger
	sed -i "2s/.*/$((SIZE - 1))/" "$CASE/ledger/checkpoint"
	refused checkpoint note-broken
}

head_of_another() {
	make_ledger
	[ -x "$LEDGER_FOLDER" ] || skip "there is no $LEDGER_FOLDER"
	"$LEDGER_FOLDER" "$CASE/other" 3
	cp "$CASE/other/checkpoint" "$CASE/ledger/checkpoint"
	refused checkpoint note-unsigned
}

key_changed() {
	make_ledger
	[ -x "$LEDGER_FOLDER" ] || skip "there is no $LEDGER_FOLDER"
	rm -r "$CASE/ledger/tile" "$CASE/ledger/records" "$CASE/ledger/certificates"
	"$LEDGER_FOLDER" "$CASE/ledger" 3
	refused key signature-wrong-content
}

key_unsigned() {
	make_ledger
	rm "$CASE/ledger/ledger.vkey.p7s"
	refused key file-open
}

key_of_another_issuer() {
	make_ledger
	mv "$STATE" "$STATE.before"
	make_keys
	refused key signature-wrong-signer
	rm -r "$STATE"
	mv "$STATE.before" "$STATE"
}

certificate_changed() {
	make_ledger
	flip "$CERTIFICATE" 100
	refused certificates certificate-differs
}

certificate_planted() {
	make_ledger
	cp "$CERTIFICATE" "$CASE/ledger/certificates/haiki-J20261123-AAAAAA-1.json"
	refused certificates certificate-unrecorded
}

# ---- another past ----

# The store is restored from a backup that is older than an export.
set_back() {
	make_ledger
	cp -a "$STATE" "$CASE/backup"
	note C
	export_ledger "$CASE/ledger"
	cp "$CASE/ledger/checkpoint" "$CASE/since"
	rm -r "$STATE"
	mv "$CASE/backup" "$STATE"
	rm -r "$CASE/ledger"
	export_ledger "$CASE/ledger"
	verify_ledger
	assert_json '.valid == 1'
	refused consistent ledger-rolled-back --since "$CASE/since"
}

# And goes on from there, in another way.
forked() {
	set_back
	note D
	note E
	export_ledger "$CASE/ledger"
	verify_ledger
	assert_json '.valid == 1'
	refused consistent ledger-forked --since "$CASE/since"
}

of_another_ledger() {
	make_ledger
	[ -x "$LEDGER_FOLDER" ] || skip "there is no $LEDGER_FOLDER"
	"$LEDGER_FOLDER" "$CASE/other" 1
	refused consistent ledger-other --since "$CASE/other/checkpoint"
}

not_witnessed() {
	make_ledger
	refused cosigned note-unsigned --witness "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
}

# ---- when calls fail ----

# inject FAMILY N COMMAND…: run_haiki with the N-th call failing. CALLS: how many there were.
inject() {
	local family=$1 number=$2
	shift 2
	rm -f "$CASE/count"
	LIMIT=60 WRAPPER="env INJECT_FAMILY=$family INJECT_AT=$number INJECT_COUNT=$CASE/count LD_PRELOAD=$TOOLS/inject.so" \
		run_haiki "$@"
	CALLS=$(cat "$CASE/count" 2>/dev/null || echo 0)
}

# each_call FAMILY COMMAND…: CHECKED is asked after each; of very many calls some, evenly.
each_call() {
	local family=$1 number=0 calls step
	shift
	inject "$family" 0 "$@"
	calls=$CALLS
	[ "$calls" -gt 0 ] || fail "no call of $family is seen"
	step=$((calls / 60 + 1))
	while [ $((number += step)) -le "$calls" ]; do
		inject "$family" $number "$@"
		# libjansson 2.14 itself crashes for want of memory.
		[ "$STATUS" -le 7 ] || { [ "$family" = json ] && [ "$STATUS" -eq 139 ]; } ||
			fail "call $number of $family: ended with $STATUS"
		"$CHECKED" || fail "call $number of $family"
	done
}

says_the_truth() {
	[ "$STATUS" -ne 0 ] || assert_json '.valid == 1 and .complete == 1'
}

never_valid() {
	[ "$STATUS" -ne 0 ] || fail "exit code 0"
	[ ! -s "$CASE/out" ] || ! jq --exit-status '.valid == 1' "$CASE/out" >/dev/null 2>&1
}

# Whatever fails on the way: a changed ledger is never valid, and a whole one only when all was checked.
failing_calls() {
	local family
	make_ledger
	make -s -C "$REPOSITORY/tests/inject" BUILD="$TOOLS"
	! ldd "$HAIKI" | grep -q libasan || skip "a sanitizer takes the calls first"
	for family in memory json open; do
		CHECKED=says_the_truth
		each_call $family verify ledger "$CASE/ledger" --trust "$STATE/keys/ca.crt" \
			--since "$CASE/ledger/checkpoint" --json
	done
	sed -i '$s/tenant-added/tenant-Added/' "$RECORDS"
	for family in memory json open; do
		CHECKED=never_valid
		each_call $family verify ledger "$CASE/ledger" --trust "$STATE/keys/ca.crt" --json
	done
}

# ---- what is typed ----

wrongly_asked() {
	make_ledger
	verify_ledger --ledger-key "$STATE/keys/ledger.vkey"
	assert_exit 2
	run_haiki verify ledger "$CASE/ledger" --ledger-key "$STATE/keys/ca.crt" --json
	assert_exit 2
	run_haiki verify ledger "$CASE/ledger" --json \
		--ledger-key "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
	assert_exit 2
	verify_ledger --witness nothing
	assert_exit 2
	verify_ledger --since "$CASE/none"
	assert_exit 1
	verify_ledger --since "$STATE/keys/ca.crt"
	assert_exit 2
	grep -q 'ca.crt is no head' "$CASE/out" || fail "the file is not named"
	run_haiki verify ledger
	assert_exit 2
	run_haiki verify ledger "$CASE/none" --ledger-key "$STATE/keys/ledger.vkey" --json
	assert_exit 1
	assert_code ledger-folder
}

check "a whole ledger" whole
check "offline, without a store" offline
check "grown since an earlier head" grown
check "several tiles" large
check "a record edited" record_edited
check "a record removed" record_removed
check "the last record removed" last_record_removed
check "two records swapped" records_swapped
check "a record added" record_added
check "the records gone" records_gone
check "an entry changed" entry_changed
check "a tile changed" tile_changed
check "a tile cut" tile_cut
check "a tile gone" tile_gone
check "the head changed" head_changed
check "the head of another ledger" head_of_another
check "another ledger under its key" key_changed
check "the key without its signature" key_unsigned
check "the key of another issuer" key_of_another_issuer
check "a certificate changed" certificate_changed
check "a certificate planted" certificate_planted
check "a store that was set back" set_back
check "a second history" forked
check "an earlier head of another ledger" of_another_ledger
check "a witness who has not signed" not_witnessed
check "every call may fail" failing_calls
check "wrongly asked" wrongly_asked
finish
