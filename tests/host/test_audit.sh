#!/bin/bash
# The audit with the real program: drives that are wiped, returned and destroyed, contracts that end, and a history in
# which one left without its proof; in every form, and drawn again by other tools.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

SIZE=$((2 * MIB))

# scanned VARIABLE: a drive that the inventory knows; SERIAL is its serial.
scanned() {
	make_drive "$1" $SIZE
	SERIAL=$(serial_of "${!1}")
	run_haiki inventory scan --json
	assert_exit 0
}

custody() {
	run_haiki inventory custody "$SERIAL" "$@" --reason test --json
	assert_exit 0
}

import_contracts() {
	printf 'code,name,zone,service_codes\r\nCITY-A,東京都○○市,municipal,S-1 S-2\r\n' >"$CASE/tenants.csv"
	printf 'number,tenant,start_day,end_day,grace_days,service_codes\r\n第1号,CITY-A,2020-04-01,%s,10,S-1\r\nK-2,CITY-A,2020-04-01,,10,%s\r\n' \
		"${1:-2021-03-31}" "${2:-S-2}" >"$CASE/contracts.csv"
	run_haiki inventory import "$CASE/tenants.csv"
	assert_exit 0
	run_haiki inventory import "$CASE/contracts.csv"
	assert_exit 0
}

# A drive that was wiped, returned; one wiped, destroyed; one destroyed as it was.
three_drives() {
	make_keys
	three_drives_more
}

three_drives_more() {
	local one two three
	scanned one
	RETURNED=$SERIAL
	wipe "$one" --operator "山田 太郎"
	assert_exit 0
	CERTIFICATE=$(jq --raw-output '.jobs[0].certificate' "$CASE/out")
	custody returned --receiver Vendor
	scanned two
	SHREDDED=$SERIAL
	wipe "$two" --operator "=cmd()"
	assert_exit 0
	custody destroyed --witness "佐藤 花子, shredder 2"
	scanned three
	BROKEN=$SERIAL
	custody quarantined
	custody destroyed --witness "佐藤 花子, shredder 2"
}

today() {
	TZ=Asia/Tokyo date +%F
}

# audit [WORD…]: of today, as JSON.
audit() {
	run_haiki report audit --from 2020-01-01 --to "$(today)" --json "$@"
}

all_is_told() {
	three_drives
	audit
	assert_exit 0
	assert_json '.format == "haiki-audit" and .complete == 0'
	assert_json '[.findings[] | .kind] == ["destroyed-unproven"]'
	assert_json ".findings[0].label | contains(\"$BROKEN\")"
	assert_json '.counts.drives == 2 and .counts.by_outcome == [{"count":2,"word":"proven"}]'
	assert_json '.counts.by_custody == [{"count":2,"word":"destroyed"},{"count":1,"word":"returned"}]'
	assert_json '[.people[] | select(.role == "operator") | .name] == ["=cmd()","山田 太郎"]'
	assert_json '.ledger.withheld == 0 and .ledger.size > 10'
	# Nothing happened in an earlier year, and nothing is claimed to have.
	run_haiki report audit --from 2020-01-01 --to 2020-12-31 --json
	assert_exit 0
	assert_json '.counts.drives == 0 and .findings == [] and .findings_later == 1 and .complete == 1'
}

a_contract_that_was_not_closed() {
	make_keys
	import_contracts
	audit
	assert_exit 1
	assert_json '[.findings[] | [.kind, .subject, .detail]] == [["contract-not-closed", "C1", "no-certificate"]]'
	# The eleventh day after the last one, in Tokyo.
	assert_json '.findings[0].since_utc == "2021-04-10T15:00:00.000Z" and .findings[0].failure == 1'
	assert_json '.findings[0].label == "第1号 CITY-A"'
	run_haiki report audit --from 2021-01-01 --to 2021-04-10 --json
	assert_exit 0
	run_haiki report audit --from 2021-01-01 --to 2021-04-11 --json
	assert_exit 1
	# It was renewed: another contract for the same service keeps what is there.
	import_contracts 2021-03-31 "S-1 S-2"
	audit
	assert_exit 0
	import_contracts
	audit
	assert_exit 1
	# It went on after all.
	import_contracts 2099-03-31
	audit
	assert_exit 0
	assert_json '.complete == 1'
}

# Who signed as approver is told, in the audit and of the drive.
who_approved() {
	local device
	make_keys
	scanned device
	wipe "$device" --operator "山田 太郎"
	assert_exit 0
	CERTIFICATE=$(jq --raw-output '.jobs[0].certificate' "$CASE/out")
	echo "a long passphrase" >"$CASE/passphrase"
	chmod 600 "$CASE/passphrase"
	run_haiki report key person "鈴木 一郎" --role approver --out "$CASE/person" --passphrase "$CASE/passphrase"
	assert_exit 0
	run_haiki report sign "$CERTIFICATE" --role approver --key "$CASE/person" --passphrase "$CASE/passphrase"
	assert_exit 0
	audit
	assert_exit 0
	assert_json '.complete == 1 and .certificates[0].approver == "鈴木 一郎"'
	assert_json '[.people[] | select(.role == "approver")] == [{"count":1,"name":"鈴木 一郎","role":"approver"}]'
	run_haiki report destroyed "$SERIAL" --json
	assert_exit 1
	assert_json '.drives[0].certificates[0].signatures == [{"person":"鈴木 一郎","role":"approver"}]'
}

# A contract that ended 20 days ago, with 10 days of grace: open, then closed too late.
days_to_the_deletion() {
	local device end
	make_keys
	scanned device
	end=$(TZ=Asia/Tokyo date -d '20 days ago' +%F)
	printf 'code,name,zone\r\nCITY-A,髙﨑市,municipal\r\n' >"$CASE/tenants.csv"
	printf 'number,tenant,start_day,end_day,grace_days\r\n第1号,CITY-A,2020-04-01,%s,10\r\n' "$end" >"$CASE/contracts.csv"
	run_haiki inventory import "$CASE/tenants.csv" "$CASE/contracts.csv"
	assert_exit 0
	run_haiki inventory label "$SERIAL" --tenant CITY-A --reason test
	assert_exit 0
	run_haiki report tenant 第1号
	assert_exit 7
	audit
	assert_exit 1
	assert_json '(.findings | length) == 1 and (.findings[0] | .kind == "contract-not-closed" and .subject == "C1" and (.age_days == 9 or .age_days == 10))'
	assert_json '(.findings[0].detail | startswith("not-closed ")) and .counts.deletions == 1 and .contracts.closed == 0'
	custody quarantined
	wipe "$device"
	assert_exit 0
	run_haiki report tenant 第1号
	assert_exit 0
	audit
	assert_exit 0
	assert_json '.complete == 1 and .findings == [] and .counts.superseded == 1'
	assert_json '.contracts | .closed == 1 and .late == 1 and (.days_min == 20 or .days_min == 21) and .days_median == .days_min and .days_max == .days_min'
	assert_json ".contracts.items[0] | .contract == \"第1号\" and .tenant == \"CITY-A\" and .end_day == \"$end\" and .grace_days == 10"
	run_haiki report audit --from 2020-01-01 --to "$(today)" --format csv --out "$CASE/audit.csv"
	grep -q '^contract,late,' "$CASE/audit.csv" || fail "the table does not say that it was late"
}

# The same draw by sha256sum and sort, as docs/audit.md shows it.
the_sample_is_drawn_again() {
	local names count seed="lottery of 2027-04-05"
	three_drives
	audit --seed "$seed"
	assert_json '.sample.of == 2 and (.sample.names | length) == 1 and .sample.seed_from == "given"'
	names=$(jq --raw-output '.certificates[] | select(.outcome == "proven") | .name' "$CASE/out")
	count=$(jq '.sample.names | length' "$CASE/out")
	while read -r name; do
		printf '%s%s' "$seed" "$name" | sha256sum | sed "s/ .*/ $name/"
	done <<<"$names" | sort | head -n "$count" | sed 's/.* //' >"$CASE/drawn"
	jq --raw-output '.sample.names[].name' "$CASE/out" | diff - "$CASE/drawn" || fail "another sample"
	audit
	assert_json '.sample.seed_from == "last-record" and (.sample.seed | length) == 64'
}

every_form() {
	need pdftotext qpdf iconv
	three_drives
	run_haiki report audit --from 2020-01-01 --to "$(today)" --format csv --out "$CASE/audit.csv"
	assert_exit 0
	[ "$(head -c 3 "$CASE/audit.csv" | od -An -tx1 | tr -d ' ')" = efbbbf ] || fail "no byte order mark"
	iconv -f UTF-8 -t UTF-8 "$CASE/audit.csv" >/dev/null || fail "no UTF-8"
	grep -c $'\r$' "$CASE/audit.csv" >"$CASE/lines"
	assert_same "$(wc -l <"$CASE/audit.csv")" "$(cat "$CASE/lines")" "lines that end with CR LF"
	sed -n 2p "$CASE/audit.csv" | grep -q '^finding,destroyed-unproven,' || fail "the findings are not first"
	grep -q "'=cmd()" "$CASE/audit.csv" || fail "a formula is not guarded"
	! grep -qE '(^|,)[=@]' "$CASE/audit.csv" || fail "a cell is a formula"

	run_haiki report audit --from 2020-01-01 --to "$(today)" --format pdf --out "$CASE/audit.pdf"
	grep -q pdf-font "$CASE/err" && skip "no Japanese font is installed"
	assert_exit 0
	qpdf --check "$CASE/audit.pdf" >/dev/null || fail "qpdf finds fault with the PDF"
	# Long words are broken where a cell ends.
	pdftotext -raw "$CASE/audit.pdf" - | tr -d ' \n' >"$CASE/pdf.txt"
	audit
	for text in 監査報告書 "Audit report" 例外 "$BROKEN" "山田 太郎" "$(jq --raw-output '.sample.names[0].name' "$CASE/out")"; do
		grep -qF "${text// /}" "$CASE/pdf.txt" || fail "the PDF does not say: $text"
	done

	run_haiki report audit --from 2020-01-01 --to "$(today)"
	assert_exit 0
	grep -q "destroyed, no certificate *D[0-9]* .*$BROKEN" "$CASE/out" || fail "the text has no finding"
	# Each form of the same: the number of findings and of certificates.
	audit
	assert_same "$(grep -c '^finding,' "$CASE/audit.csv")" "$(jq '.findings | length' "$CASE/out")"
	assert_same "$(grep -c '^certificate,' "$CASE/audit.csv")" "$(jq '.certificates | length' "$CASE/out")"
}

usage() {
	make_keys
	run_haiki report audit --json
	assert_exit 2
	assert_code period-missing
	run_haiki report audit --from 2027-02-29 --to 2027-03-01 --json
	assert_exit 2
	assert_code day-malformed
	run_haiki report audit --from 2027-03-02 --to 2027-03-01 --json
	assert_exit 2
	assert_code period-empty
	run_haiki report audit --from 2027-03-01 --to 2027-03-01 --format xls
	assert_exit 2
	run_haiki report audit --from 2027-03-01 --to 2027-03-01 --format csv --json
	assert_exit 2
	assert_code format-twice
}

how_drives_ended() {
	three_drives
	run_haiki report destroyed "$RETURNED" "$SHREDDED" "$BROKEN" --json
	assert_exit 0
	assert_json '[.drives[] | [.ended, .proven]] == [[1, 1], [1, 1], [1, 0]]'
	assert_json ".drives[0].certificates[0].name == \"$CERTIFICATE\""
	assert_json '.drives[0].steps[-1].detail | .to == "returned" and .receiver == "Vendor"'
	assert_json '.drives[2].findings[0].kind == "destroyed-unproven"'
	run_haiki report destroyed "$BROKEN"
	grep -q "ENDED BEFORE A WITNESS, NOT PROVEN" "$CASE/out" || fail "the text does not say it"
	grep -q "佐藤 花子" "$CASE/out" || fail "the witness is not named"
	scanned device
	run_haiki report destroyed "$SERIAL" --json
	assert_exit 1
	assert_json '.drives[0].ended == 0'
	run_haiki report destroyed nothing --json
	assert_exit 2
}

# An older store whose history somebody has been at: the ledger is filled from it, and shows what does not add up.
older_history() {
	local id
	need sqlite3
	three_drives
	mkdir "$CASE/older"
	sqlite3 "$STATE/haiki.db" ".backup '$CASE/older/haiki.db'"
	id=$(sqlite3 "$STATE/haiki.db" "SELECT id FROM drive WHERE serial = '$BROKEN'")
	sqlite3 "$CASE/older/haiki.db" <<-END
		DROP TABLE ledger_record; DROP TABLE ledger_hash; DROP TABLE ledger_cosignature; DROP TABLE ledger_head;
		DROP TABLE certificate_cms; DROP TABLE tenant_certificate;
		DROP TABLE deletion_fact; DROP TABLE deletion; DROP TABLE vm; DROP TABLE contract_service;
		DROP TABLE notice; DROP TABLE approval; DROP TABLE backup_asked;
		UPDATE meta SET value = '2' WHERE name = 'schema_version';
		DROP TRIGGER event_refuse_UPDATE; DROP TRIGGER event_refuse_DELETE;
		DELETE FROM event WHERE target_kind = 'drive' AND target_id = $id;
		INSERT INTO event (id, utc_ms, actor, target_kind, target_id, action, detail)
			SELECT max(id) + 1, max(utc_ms) + 1, 'login:op (1000)', 'drive', $id, 'custody',
			'{"certificate":"haiki-none-1","from":"in-service","reason":"x","receiver":"Auction","to":"returned"}' FROM event;
		CREATE TRIGGER event_refuse_UPDATE BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'x'); END;
		CREATE TRIGGER event_refuse_DELETE BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'x'); END;
	END
	"$HAIKI" inventory list --state "$CASE/older" --config "$CASE/haiki.conf" >"$CASE/out" 2>"$CASE/err" || true
	"$HAIKI" inventory scan --state "$CASE/older" --config "$CASE/haiki.conf" >"$CASE/out" 2>"$CASE/err" ||
		fail "the older store is not brought up to date: $(cat "$CASE/err")"
	STATUS=0
	"$HAIKI" report audit --from 2020-01-01 --to 2099-12-31 --json --state "$CASE/older" \
		--config "$CASE/haiki.conf" >"$CASE/out" 2>"$CASE/err" || STATUS=$?
	assert_exit 1
	assert_json '[.findings[] | select(.label | contains("'"$BROKEN"'")) | .kind] ==
		["left-without-proof", "contradiction", "contradiction"]'
	assert_json '.findings[0].detail == "to=returned why=no-certificate certificate=haiki-none-1"'
	assert_json '(.findings | length) == 3 and .ledger.older > 10 and .ledger.older < .ledger.size'
}

# findings FILE: kind, subject and detail of each in a JSON document.
findings() {
	jq --compact-output '[.findings[] | [.kind, .subject, .label, .since_utc, .index, .detail]]' "$1"
}

# A stranger with nothing but the export finds what the operator's own report tells.
the_export_tells_the_same() {
	make_keys
	import_contracts
	three_drives_more
	run_haiki report ledger export "$CASE/auditor" --for-auditor
	assert_exit 0
	audit
	assert_exit 1
	cp "$CASE/out" "$CASE/audit.json"
	run_haiki verify ledger "$CASE/auditor" --trust "$STATE/keys/ca.crt" --json
	assert_exit 1
	assert_json '.valid == 1 and .complete == 0 and .withheld == 0'
	findings "$CASE/audit.json" >"$CASE/one"
	findings "$CASE/out" | diff - "$CASE/one" || fail "other findings"
	assert_json '[.findings[] | .kind] == ["contract-not-closed", "destroyed-unproven"]'
	# The whole report is the same, but for when it was made.
	jq 'del(.made_utc)' "$CASE/audit.json" >"$CASE/one"
	STATUS=0
	"$HAIKI" report audit --from 2020-01-01 --to "$(today)" --json --ledger "$CASE/auditor" \
		--trust "$STATE/keys/ca.crt" --state "$CASE/nowhere" >"$CASE/out" 2>"$CASE/err" || STATUS=$?
	assert_exit 1
	jq 'del(.made_utc)' "$CASE/out" | diff - "$CASE/one" || fail "another report"
	[ ! -e "$CASE/nowhere" ] || fail "a stranger's report made a store"
	run_haiki verify ledger "$CASE/auditor" --trust "$STATE/keys/ca.crt"
	assert_exit 1
	grep -q "NOT COMPLETE" "$CASE/out" || fail "the text does not say it"
	grep -q "contract not closed *C1" "$CASE/out" || fail "the text has no finding"
}

# Nothing is said of a ledger that is not valid.
an_invalid_ledger_is_not_reported() {
	make_keys
	import_contracts
	run_haiki report ledger export "$CASE/auditor" --for-auditor
	assert_exit 0
	sed -i 's/2021-03-31/2031-03-31/' "$CASE"/auditor/records/*.jsonl
	audit --ledger "$CASE/auditor"
	assert_exit 1
	assert_code ledger-invalid
	assert_json '.findings? == null'
	audit --trust "$STATE/keys/ca.crt"
	assert_exit 2
	assert_code ledger-missing
}

# A hold is not told to the public, and then nobody may say that all was seen.
withheld_is_not_complete() {
	local device
	make_keys
	scanned device
	run_haiki inventory hold place "$SERIAL" --authority Court --reason inquiry
	assert_exit 0
	run_haiki report ledger export "$CASE/public"
	assert_exit 0
	! grep -rq Court "$CASE/public" || fail "the authority is in the export"
	run_haiki verify ledger "$CASE/public" --trust "$STATE/keys/ca.crt" --json
	assert_exit 0
	assert_json '.valid == 1 and .complete == 0 and .withheld == 1'
	assert_json '[.findings[] | [.kind, .detail]] == [["not-judged", "withheld=1"]]'
	run_haiki verify ledger "$CASE/public" --trust "$STATE/keys/ca.crt"
	grep -q "Records that are withheld, .*: 1$" "$CASE/out" || fail "the text does not say it"
	run_haiki report ledger export "$CASE/auditor" --for-auditor
	run_haiki verify ledger "$CASE/auditor" --trust "$STATE/keys/ca.crt" --json
	assert_exit 0
	assert_json '.complete == 1 and .findings == []'
}

# A record that was changed in the store is no record: nothing is reported from such a store.
changed_record() {
	need sqlite3
	three_drives
	sqlite3 "$STATE/haiki.db" <<-'END'
		DROP TRIGGER ledger_record_refuse_UPDATE;
		UPDATE ledger_record SET record = replace(record, 'quarantined', 'in-service') WHERE record LIKE '%quarantined%';
		CREATE TRIGGER ledger_record_refuse_UPDATE BEFORE UPDATE ON ledger_record BEGIN SELECT RAISE(ABORT, 'x'); END;
	END
	audit
	assert_exit 1
	assert_code store-corrupt
	assert_json '.complete? == null'
}

check "returned, destroyed and destroyed unproven: the audit tells each" all_is_told
check "a contract that ended and was not closed is a failure from the eleventh day on" a_contract_that_was_not_closed
check "who approved is told" who_approved
check "the days from the end of a contract to its deletion are told" days_to_the_deletion
check "the sample is drawn again by sha256sum and sort" the_sample_is_drawn_again
check "text, CSV, PDF and JSON tell the same" every_form
check "what is no period and no format is refused" usage
check "how drives ended is told with custody, witness and certificate" how_drives_ended
check "an older store in which a drive left without proof shows it" older_history
check "an exported ledger tells a stranger the same" the_export_tells_the_same
check "nothing is reported from a ledger that was changed" an_invalid_ledger_is_not_reported
check "what is withheld is counted, and never called complete" withheld_is_not_complete
check "a record that was changed in the store is not reported from" changed_record
finish
