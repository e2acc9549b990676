#!/bin/bash
# The ledger by the real binary: whole from the wipe to a stranger's check, and still whole after the power
# went away at any write, after a backup was put back, and where there is no space.
#
# Processes are killed at 92 places, chosen by counting statements and calls; at least 69 of them must have been.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

query() {
	sqlite3 "$STATE/haiki.db" "$1"
}

# exported FOLDER [WORD…]
exported() {
	run_haiki report ledger export "$@" --json
	assert_exit 0
}

# checked FOLDER [WORD…]: as a stranger, with the issuer's certificate alone.
checked() {
	run_haiki verify ledger "$@" --trust "$STATE/keys/ca.crt" --json
}

issue() {
	make_keys
	make_drive DEVICE $MIB
	wipe "$DEVICE"
	assert_exit 0
	FILE=$(certificate_of)
}

# Every event and certificate has its record and the other way round; no certificate was released without.
assert_complete() {
	local file name
	[ "$(query 'PRAGMA integrity_check')" = ok ] || fail "the store is damaged"
	assert_same "$(query 'SELECT count(*) FROM event')" \
		"$(query "SELECT count(*) FROM ledger_record WHERE kind = 'event'")" "events without record"
	assert_same "$(query 'SELECT name FROM certificate ORDER BY 1')" \
		"$(query "SELECT name FROM ledger_record WHERE kind = 'certificate' ORDER BY 1")" \
		"certificates without record"
	assert_same 0 "$(query 'SELECT count(*) FROM certificate WHERE name NOT IN
		(SELECT r.name FROM ledger_record r, ledger_head h WHERE h.size > r.number)')" "certificates without head"
	for file in "$STATE"/certificates/*.json; do
		[ -e "$file" ] || continue
		name=$(basename "$file" .json)
		[ -n "$(query "SELECT 1 FROM ledger_record WHERE name = '$name'")" ] ||
			fail "$name was released, and the ledger does not know it"
		[ -s "${file%.json}.proof" ] || fail "$name was released without proof"
	done
}

# ---- the whole way ----

whole_way() {
	issue
	[ -s "${FILE%.json}.proof" ] || fail "no proof beside $FILE"
	assert_json '.ledger as $l | .format_version == 2 and ($l.key | startswith($l.origin + "+"))' "$FILE"
	verify_certificate "$FILE"
	assert_exit 0
	assert_json '[.certificates[0].checks[] | select(.check == "ledger")][0].result == "passed"'
	assert_complete
	exported "$CASE/ledger"
	checked "$CASE/ledger"
	assert_exit 0
	cmp "$FILE" "$CASE/ledger/certificates/$(basename "$FILE")"
	cmp "${FILE%.json}.proof" "$CASE/ledger/certificates/$(basename "${FILE%.json}.proof")"
	# The key is vouched for by who signs the certificates.
	openssl cms -verify -binary -inform DER -in "$CASE/ledger/ledger.vkey.p7s" \
		-content "$CASE/ledger/ledger.vkey" -CAfile "$STATE/keys/ca.crt" -out /dev/null
	assert_same "$(cat "$CASE/ledger/ledger.vkey")" "$(jq --raw-output .ledger.key "$FILE")"
	# An entry is the SHA-256 of its line, as anybody may work out.
	assert_same "$(head -n 1 "$CASE/ledger/records/000.jsonl" | tr -d '\n' | sha256sum | cut -c 1-64)" \
		"$(find "$CASE/ledger/tile/entries" -type f | xargs head -c 34 | tail -c 32 | od -An -v -tx1 | tr -d ' \n')"
}

held_records() {
	make_keys
	make_drive DEVICE $MIB
	local serial
	serial=$(serial_of "$DEVICE")
	run_haiki inventory scan --json
	run_haiki inventory hold place "$serial" --authority "District Court" --reason "case 7"
	assert_exit 0
	exported "$CASE/public"
	! grep -rqE 'District Court|case 7|"hold|"kind":"hold' "$CASE/public" || fail "the hold is told"
	grep -q '"withheld":"private"' "$CASE/public/records/000.jsonl"
	checked "$CASE/public"
	assert_exit 0
	exported "$CASE/auditor" --for-auditor
	grep -q 'District Court' "$CASE/auditor/records/000.jsonl"
	checked "$CASE/auditor"
	assert_exit 0
	cmp "$CASE/public/checkpoint" "$CASE/auditor/checkpoint"
	# Its hash is there, and is that of the record the auditor has.
	cmp <(find "$CASE/public/tile" -type f | sort | xargs cat) <(find "$CASE/auditor/tile" -type f | sort | xargs cat)
	# The job that it refuses is recorded, and its certificate is for auditors.
	wipe "$DEVICE"
	assert_exit 3
	exported "$CASE/public"
	exported "$CASE/auditor" --for-auditor
	! grep -rqE 'District Court|case 7|"H1"' "$CASE/public" || fail "the hold is told"
	[ -z "$(ls "$CASE/public/certificates" 2>/dev/null)" ] || fail "a certificate that tells of the hold"
	checked "$CASE/public"
	assert_exit 0
	cmp "$DEVICE" <(old_contents $MIB)
}

witnessed() {
	issue
	run_haiki report ledger head
	assert_exit 0
	cp "$CASE/out" "$CASE/head"
	run_haiki report ledger cosign "$CASE/head" --witness "$(cat "$STATE/keys/ledger.vkey")" --json
	assert_exit 2 # it is no witness of itself
	run_haiki report ledger cosign "$CASE/head" \
		--witness "witness.example+f4fd77c3+BKW0+D9cMUqYQ1JGYVP0lDJ6e2sK0xyZ5+QlmvkrhpFl" --json
	[ "$STATUS" -ne 0 ] || fail "a witness without signature"
	exported "$CASE/ledger"
	cmp "$CASE/head" "$CASE/ledger/checkpoint"
}

# What a stranger trusts the ledger by follows the signer; else the next revocation would take it away.
signer_replaced() {
	issue
	exported "$CASE/ledger"
	cp "$CASE/ledger/ledger.vkey.p7s" "$CASE/before.p7s"
	exported "$CASE/ledger"
	cmp "$CASE/before.p7s" "$CASE/ledger/ledger.vkey.p7s"
	run_haiki report key rotate
	assert_exit 0
	run_haiki report key revoke "$STATE"/keys/retired/*.crt --reason superseded
	assert_exit 0
	exported "$CASE/ledger"
	checked "$CASE/ledger" --crl "$STATE/keys/ca.crl"
	assert_exit 0
}

# A witness who has OpenSSL and no haiki (docs/ledger.md, "A head").
cosigned_by_a_stranger() {
	local name=witness.example/w1 seconds=1795410000 vkey public id
	issue
	run_haiki report ledger head
	cp "$CASE/out" "$CASE/head"
	openssl genpkey -algorithm ed25519 -out "$CASE/witness.key"
	openssl pkey -in "$CASE/witness.key" -pubout -outform DER | tail -c 32 >"$CASE/public"
	public=$({ printf '\004'; cat "$CASE/public"; } | base64 -w 0)
	id=$({ printf '%s\n\004' "$name"; cat "$CASE/public"; } | sha256sum | cut -c 1-8)
	vkey=$name+$id+$public
	{ printf 'cosignature/v1\ntime %d\n' $seconds; sed '/^$/,$d' "$CASE/head"; } >"$CASE/message"
	openssl pkeyutl -sign -rawin -inkey "$CASE/witness.key" -in "$CASE/message" -out "$CASE/signature"
	{
		cat "$CASE/head"
		printf '— %s ' "$name"
		{ printf '%s%016x' "$id" $seconds | perl -pe '$_ = pack "H*", $_'; cat "$CASE/signature"; } | base64 -w 0
		echo
	} >"$CASE/cosigned"
	run_haiki report ledger cosign "$CASE/cosigned" --witness "$vkey" --json
	assert_exit 0
	exported "$CASE/ledger"
	cmp "$CASE/cosigned" "$CASE/ledger/checkpoint"
	checked "$CASE/ledger" --witness "$vkey"
	assert_exit 0
	checked "$CASE/ledger" --witness "$vkey" --since "$CASE/ledger/certificates/$(basename "${FILE%.json}.proof")"
	assert_exit 0
	verify_certificate "$FILE"
	assert_exit 0
}

# ---- a backup is put back ----

rolled_back() {
	issue
	exported "$CASE/ledger"
	cp "$CASE/ledger/checkpoint" "$CASE/before"
	cp -a "$STATE" "$CASE/backup"
	run_haiki inventory place "$(serial_of "$DEVICE")" --site Tokyo
	run_haiki inventory scan --json
	run_haiki inventory label 1 --asset-number A-1
	run_haiki inventory label D1 --asset-number A-1
	assert_exit 0
	exported "$CASE/ledger"
	cp "$CASE/ledger/checkpoint" "$CASE/later"
	checked "$CASE/ledger" --since "$CASE/before"
	assert_exit 0
	rm -rf "$STATE"
	cp -a "$CASE/backup" "$STATE"
	# Into the folder that remembers: refused, and nothing is changed there.
	cp -a "$CASE/ledger" "$CASE/kept"
	run_haiki report ledger export "$CASE/ledger" --json
	assert_exit 1
	assert_code ledger-differs
	diff -r "$CASE/ledger" "$CASE/kept"
	# Into a new one: who kept a checkpoint sees it.
	exported "$CASE/new"
	checked "$CASE/new" --since "$CASE/before"
	assert_exit 0
	checked "$CASE/new" --since "$CASE/later"
	assert_exit 1
	assert_code ledger-rolled-back
	# Also when it has grown beyond.
	run_haiki inventory scan --json
	local name
	for name in A B C D E F; do
		run_haiki inventory label D1 --asset-number "$name" --json
	done
	exported "$CASE/new"
	checked "$CASE/new" --since "$CASE/later"
	assert_exit 1
	assert_code ledger-forked
	run_haiki report ledger export "$CASE/ledger" --json
	assert_exit 1
	assert_code ledger-differs
}

# ---- damage ----

# damaged CODE SQL: nothing is signed, and it is said what is wrong.
damaged() {
	local heads
	issue
	exported "$CASE/ledger"
	run_haiki inventory scan --json
	query "DROP TRIGGER ledger_record_refuse_UPDATE; DROP TRIGGER ledger_record_refuse_DELETE;
		DROP TRIGGER ledger_head_refuse_UPDATE; $2"
	heads=$(query 'SELECT count(*) FROM ledger_head')
	run_haiki report ledger head --json
	assert_exit 1
	assert_code "$1"
	grep -q "$STATE/haiki.db" "$CASE/err" "$CASE/out" || fail "it does not say which store"
	# A finished job waits: no certificate from a ledger that is not what was signed.
	wipe "$DEVICE"
	[ "$STATUS" -ne 0 ] || fail "certified in a damaged ledger"
	assert_same "$heads" "$(query 'SELECT count(*) FROM ledger_head')" "a head was signed"
	assert_same 1 "$(find "$STATE/certificates" -name '*.json' | wc -l)" "a certificate was released"
}

# ---- no space ----

full_disk() {
	issue
	mkdir "$CASE/small"
	mount -t tmpfs -o size=48k tmpfs "$CASE/small"
	many_events 300
	run_haiki report ledger export "$CASE/small/ledger" --json
	[ "$STATUS" -ne 0 ] || fail "exported into no space"
	grep -Eq 'space|full' "$CASE/err" "$CASE/out" || fail "no word about space"
	[ ! -e "$CASE/small/ledger/checkpoint" ] || fail "a head over what is not there"
	mount -o remount,size=8m "$CASE/small"
	exported "$CASE/small/ledger"
	checked "$CASE/small/ledger"
	assert_exit 0
	# With an older ledger there: it stays good, or says what is not.
	cp "$CASE/small/ledger/checkpoint" "$CASE/before"
	many_events 3000
	mount -o remount,size=$(($(df --output=used --block-size=1K "$CASE/small" | tail -n 1) + 40))k "$CASE/small"
	run_haiki report ledger export "$CASE/small/ledger" --json
	[ "$STATUS" -ne 0 ] || fail "exported into no space"
	cmp "$CASE/before" "$CASE/small/ledger/checkpoint"
	mount -o remount,size=8m "$CASE/small"
	exported "$CASE/small/ledger"
	checked "$CASE/small/ledger" --since "$CASE/before"
	assert_exit 0
}

# many_events COUNT: so many tenants are entered in one transaction.
TENANTS=0
many_events() {
	local i
	{
		echo code,name
		for ((i = 0; i < $1; i++)); do
			TENANTS=$((TENANTS + 1))
			echo "t$TENANTS-$BASHPID,Tenant $TENANTS"
		done
	} >"$CASE/tenants.csv"
	run_haiki inventory import "$CASE/tenants.csv" --json
}

# ---- kill -9 ----

tools() {
	need sqlite3
	make -s -C "$REPOSITORY/tests/inject" BUILD="$TOOLS" "$TOOLS/inject.so" "$TOOLS/statements.so"
	! ldd "$HAIKI" | grep -q libasan || skip "a sanitizer takes the calls first"
}

# killed FAMILY N WORD…: run haiki, killed at the N-th call. CALLS: how many there were, when it lived.
killed() {
	local family=$1 number=$2
	shift 2
	rm -f "$CASE/count"
	if [ "$family" = statement ]; then
		WRAPPER="env KILL_AT=$number STATEMENTS=$CASE/statements LD_PRELOAD=$TOOLS/statements.so" run_haiki "$@"
	else
		WRAPPER="env INJECT_FAMILY=$family INJECT_AT=$number INJECT_KILL=1 INJECT_COUNT=$CASE/count LD_PRELOAD=$TOOLS/inject.so" \
			run_haiki "$@"
	fi
}

# calls FAMILY WORD…: CALLS becomes how many there are when nothing is killed.
calls() {
	local family=$1
	shift
	rm -f "$CASE/statements"
	killed "$family" 0 "$@"
	assert_exit 0
	if [ "$family" = statement ]; then CALLS=$(wc -l <"$CASE/statements"); else CALLS=$(cat "$CASE/count"); fi
}

# After whatever became of it: consistent, grown from every head before, nothing missing.
assert_ledger_grew() {
	assert_complete
	exported "$CASE/ledger"
	checked "$CASE/ledger" --since "$CASE/since"
	assert_exit 0
	cp "$CASE/ledger/checkpoint" "$CASE/since"
}

begin_ledger() {
	tools
	make_keys
	many_events 3
	exported "$CASE/ledger"
	cp "$CASE/ledger/checkpoint" "$CASE/since"
}

# killed_while FAMILY TIMES COMMAND…: COMMAND is a function that sets WORDS for one more run of it.
killed_while() {
	local family=$1 times=$2 i number before
	shift 2
	"$@"
	calls "$family" "${WORDS[@]}"
	[ "$CALLS" -gt 0 ] || fail "no $family at all"
	KILLED=0
	for ((i = 0; i < times; i++)); do
		number=$((1 + i * CALLS / times))
		"$@"
		before=$(query 'SELECT count(*) FROM event')
		killed "$family" "$number" "${WORDS[@]}"
		[ "$STATUS" -ne 137 ] || KILLED=$((KILLED + 1))
		# All of it or nothing.
		((($(query 'SELECT count(*) FROM event') - before) % STEP == 0)) || fail "a part of a transaction stayed"
		assert_ledger_grew
	done
	[ "$KILLED" -ge $((times * 3 / 4)) ] || fail "only $KILLED of $times were killed"
	echo "$KILLED of $times"
}

an_import() {
	STEP=40
	RUN=$((${RUN:-0} + 1))
	{
		echo code,name
		for ((j = 0; j < 40; j++)); do echo "r$RUN-$j,Tenant"; done
	} >"$CASE/run.csv"
	WORDS=(inventory import "$CASE/run.csv")
}

# Something new each time, so that there is a head to be signed.
a_head() {
	STEP=40
	an_import
	run_haiki "${WORDS[@]}"
	assert_exit 0
	WORDS=(report ledger head)
}

an_export() {
	a_head
	WORDS=(report ledger export "$CASE/ledger")
}

killed_in() {
	begin_ledger
	killed_while "$@"
}

# The job is over and is certified: killed at each of many statements and writes of it.
killed_while_certifying() {
	local family=$1 times=$2 i job
	begin_ledger
	make_drive DEVICE $MIB
	# The wipe comes to its end, and its certificate not into the store.
	query "CREATE TRIGGER not_yet BEFORE INSERT ON certificate BEGIN SELECT RAISE(ABORT, 'not yet'); END"
	wipe "$DEVICE"
	[ "$STATUS" -ne 0 ] || fail "exit 0 without certificate"
	job=$(job_of)
	query "DROP TRIGGER not_yet"
	[ -z "$(ls "$STATE/certificates" 2>/dev/null)" ] || fail "a certificate was released"
	cp -a "$STATE" "$CASE/uncertified"
	calls "$family" report certificate "$job"
	[ "$CALLS" -gt 0 ] || fail "no $family at all"
	KILLED=0
	for ((i = 0; i < times; i++)); do
		rm -rf "$STATE" "$CASE/ledger"
		cp -a "$CASE/uncertified" "$STATE"
		killed "$family" $((1 + i * CALLS / times)) report certificate "$job"
		[ "$STATUS" -ne 137 ] || KILLED=$((KILLED + 1))
		assert_ledger_grew_from_start
		run_haiki report certificate "$job" --json
		assert_exit 0
		assert_complete
		[ "$(query 'SELECT count(*) FROM certificate')" = 1 ] || fail "more than one certificate"
		run_haiki verify certificate "$STATE"/certificates/*.json --trust "$STATE/keys/ca.crt" --json
		assert_exit 0
	done
	[ "$KILLED" -ge $((times * 3 / 4)) ] || fail "only $KILLED of $times were killed"
}
assert_ledger_grew_from_start() {
	assert_complete
	exported "$CASE/ledger"
	checked "$CASE/ledger"
	assert_exit 0
}

check "a wipe's certificate stands in the ledger, and the export shows it" whole_way
check "what a hold withholds is there by its hash alone" held_records
check "a witness must be another, and must have signed" witnessed
check "the ledger's key is signed anew when the signer is replaced" signer_replaced
check "a stranger with OpenSSL alone can be a witness" cosigned_by_a_stranger
check "a store that was rolled back is told by a checkpoint and by the folder" rolled_back
check "a record that was changed: nothing is signed any more" damaged ledger-damaged \
	"UPDATE ledger_record SET record = '{}', sha256 = '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a' WHERE number = 1"
check "records that are gone: nothing is signed any more" damaged ledger-damaged \
	"DELETE FROM ledger_record WHERE number >= (SELECT max(size) - 1 FROM ledger_head)"
check "a head that was changed: nothing is signed any more" damaged ledger-damaged \
	"UPDATE ledger_head SET note = replace(note, '— haiki/', '— other/')"
check "no space while exporting" full_disk
check "killed at statements of an append" killed_in statement 20 an_import
check "killed at writes of an append" killed_in space 12 an_import
check "killed at statements of a sealing" killed_in statement 10 a_head
check "killed at flushes of a sealing" killed_in flush 4 a_head
check "killed at writes of an export" killed_in space 10 an_export
check "killed at renames of an export" killed_in rename 6 an_export
check "killed at statements of certifying" killed_while_certifying statement 20
check "killed at writes of certifying" killed_while_certifying space 10
finish
